#include "edge_node/control/grpc_kv.h"

#include <utility>

#include "edge_node/control/unary_calls.h"
#include "terrella/v1/kv.grpc.pb.h"

namespace terrella::edge {
namespace {

constexpr int kMessageBytesMax = 28 << 20;  // a value and what is around it

}  // namespace

class GrpcKv::Impl final : public UnaryCalls<v1::Kv> {
 public:
  explicit Impl(const rpc::Upstream& control)
      : UnaryCalls({.upstream = control,
                    .unreachable = "the control plane, where KV is kept, cannot be reached",
                    .message_bytes_max = kMessageBytesMax}) {}
};

GrpcKv::GrpcKv(const rpc::Upstream& control) : impl_(std::make_unique<Impl>(control)) {}
GrpcKv::~GrpcKv() = default;

void GrpcKv::Stop() {
  impl_->Stop();
}
void GrpcKv::SetCutOff(bool cut_off) {
  impl_->SetCutOff(cut_off);
}

void GrpcKv::Get(EventLoop& loop, v1::KvGetRequest request, Done<v1::KvGetResponse> done) {
  impl_->Call<v1::KvGetRequest, v1::KvGetResponse>(
      loop, std::move(request), std::move(done),
      [](auto& stub, auto&&... rest) { stub.Get(std::forward<decltype(rest)>(rest)...); });
}
void GrpcKv::Put(EventLoop& loop, v1::KvPutRequest request, Done<v1::KvPutResponse> done) {
  impl_->Call<v1::KvPutRequest, v1::KvPutResponse>(
      loop, std::move(request), std::move(done),
      [](auto& stub, auto&&... rest) { stub.Put(std::forward<decltype(rest)>(rest)...); });
}
void GrpcKv::Delete(EventLoop& loop, v1::KvDeleteRequest request, Done<v1::KvDeleteResponse> done) {
  impl_->Call<v1::KvDeleteRequest, v1::KvDeleteResponse>(
      loop, std::move(request), std::move(done),
      [](auto& stub, auto&&... rest) { stub.Delete(std::forward<decltype(rest)>(rest)...); });
}
void GrpcKv::List(EventLoop& loop, v1::KvListRequest request, Done<v1::KvListResponse> done) {
  impl_->Call<v1::KvListRequest, v1::KvListResponse>(
      loop, std::move(request), std::move(done),
      [](auto& stub, auto&&... rest) { stub.List(std::forward<decltype(rest)>(rest)...); });
}

}  // namespace terrella::edge
