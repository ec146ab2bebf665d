#include "edge_node/control/grpc_actors.h"

#include <utility>

#include "edge_node/control/unary_calls.h"
#include "terrella/v1/actors.grpc.pb.h"

namespace terrella::edge {

class GrpcActors::Impl final : public UnaryCalls<v1::Actors> {
 public:
  explicit Impl(const rpc::Upstream& control)
      : UnaryCalls({.upstream = control,
                    .unreachable = "the control plane does not say where the Durable Object lives",
                    .deadline = std::chrono::seconds(5)}) {}
};

GrpcActors::GrpcActors(const rpc::Upstream& control) : impl_(std::make_unique<Impl>(control)) {}
GrpcActors::~GrpcActors() = default;

void GrpcActors::Stop() {
  impl_->Stop();
}
void GrpcActors::SetCutOff(bool cut_off) {
  impl_->SetCutOff(cut_off);
}

void GrpcActors::Join(EventLoop& loop, v1::JoinActorsRequest request,
                      Done<v1::JoinActorsResponse> done) {
  impl_->Call<v1::JoinActorsRequest, v1::JoinActorsResponse>(
      loop, std::move(request), std::move(done),
      [](auto& stub, auto&&... rest) { stub.Join(std::forward<decltype(rest)>(rest)...); });
}

void GrpcActors::Locate(EventLoop& loop, v1::LocateActorRequest request,
                        Done<v1::LocateActorResponse> done) {
  impl_->Call<v1::LocateActorRequest, v1::LocateActorResponse>(
      loop, std::move(request), std::move(done),
      [](auto& stub, auto&&... rest) { stub.Locate(std::forward<decltype(rest)>(rest)...); });
}

}  // namespace terrella::edge
