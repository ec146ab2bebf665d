#include "edge_node/control/grpc_kv.h"

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <set>
#include <utility>

#include "base/status.h"
#include "edge_node/control/control_channel.h"
#include "edge_node/control/pending_calls.h"
#include "terrella/v1/kv.grpc.pb.h"

namespace terrella::edge {
namespace {

constexpr int kMessageBytesMax = 28 << 20;  // a value and what is around it
constexpr auto kDeadline = std::chrono::seconds(30);

absl::Status ToAbslStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return Unavailable("the control plane, where KV is kept, cannot be reached");
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      ToAbsl(status.error_message()));
}

}  // namespace

class GrpcKv::Impl {
 public:
  explicit Impl(std::string target) : target_(std::move(target)) {}
  ~Impl() { Stop(); }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
      for (grpc::ClientContext* context : contexts_) context->TryCancel();
    }
    pending_.WaitForNone();
  }

  // `invoke(async stub, context, request, response, callback)` is one method of the service.
  template <class Request, class Response, class Invoke>
  void Call(EventLoop& loop, Request request, KvBackend::Done<Response> done, Invoke invoke) {
    struct State {
      grpc::ClientContext context;
      Request request;
      Response response;
    };
    auto state = std::make_shared<State>();
    state->request = std::move(request);
    state->context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    state->context.set_wait_for_ready(false);
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return;
      if (stub_ == nullptr) Dial();
      contexts_.insert(&state->context);
      pending_.Add();
    }
    invoke(*stub_->async(), &state->context, &state->request, &state->response,
           [this, state, &loop, done = std::move(done)](const grpc::Status& status) {
             {
               std::lock_guard lock(mutex_);
               contexts_.erase(&state->context);
               if (!stopped_) {
                 loop.Post([state, done, end = ToAbslStatus(status)] {
                   end.ok() ? done(std::move(state->response)) : done(end);
                 });
               }
             }
             pending_.Remove();
           });
  }

 private:
  void Dial() {
    stub_ = v1::Kv::NewStub(grpc::CreateCustomChannel("ipv4:" + target_,
                                                      grpc::InsecureChannelCredentials(),
                                                      ControlChannelArguments(kMessageBytesMax)));
  }

  const std::string target_;
  PendingCalls pending_;
  std::mutex mutex_;                    // guards everything below
  std::unique_ptr<v1::Kv::Stub> stub_;  // never changes once made
  std::set<grpc::ClientContext*> contexts_;
  bool stopped_ = false;
};

GrpcKv::GrpcKv(const std::string& target) : impl_(std::make_unique<Impl>(target)) {}
GrpcKv::~GrpcKv() = default;

void GrpcKv::Stop() {
  impl_->Stop();
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
