// UnaryCalls: calls of one gRPC service of the control plane, on a channel of its own that is
// dialled with the first one, so that nodes that need it not pay nothing.
//
// Thread: any; Stop on the main thread, before the loops that calls answer to are gone.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/status.h"
#include "edge_node/control/control_channel.h"
#include "edge_node/control/pending_calls.h"
#include "rpc/upstream.h"

namespace terrella::edge {

template <class Service>
class UnaryCalls {
 public:
  using Stub = typename Service::Stub;
  struct Options {
    rpc::Upstream upstream;   // the control plane
    std::string unreachable;  // what its absence is called
    int message_bytes_max = 4 << 20;
    std::chrono::seconds deadline{30};
  };
  explicit UnaryCalls(Options options) : options_(std::move(options)) {}
  ~UnaryCalls() { Stop(); }

  // Cancels what is under way and waits for it; nobody hears of it any more.
  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
      for (grpc::ClientContext* context : contexts_) context->TryCancel();
    }
    pending_.WaitForNone();
  }

  // While cut off every call fails at once, and what is under way is cancelled.
  void SetCutOff(bool cut_off) {
    std::lock_guard lock(mutex_);
    cut_off_ = cut_off;
    if (!cut_off) return;
    for (grpc::ClientContext* context : contexts_) context->TryCancel();
  }

  // `invoke(async stub, context, request, response, callback)` is one method of the service.
  template <class Request, class Response, class Invoke>
  void Call(EventLoop& loop, Request request, std::function<void(absl::StatusOr<Response>)> done,
            Invoke invoke) {
    struct State {
      grpc::ClientContext context;
      Request request;
      Response response;
    };
    auto state = std::make_unique<State>();
    state->request = std::move(request);
    state->context.set_deadline(std::chrono::system_clock::now() + options_.deadline);
    state->context.set_wait_for_ready(false);
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return;
      if (cut_off_) {
        return loop.Post(
            [done, unreachable = options_.unreachable] { done(Unavailable("{}", unreachable)); });
      }
      if (stub_ == nullptr) Dial();
      contexts_.insert(&state->context);
      pending_.Add();
    }
    State* raw = state.release();  // the callback's, which is called once
    invoke(*stub_->async(), &raw->context, &raw->request, &raw->response,
           [this, raw, &loop, done = std::move(done)](const grpc::Status& status) {
             std::unique_ptr<State> state(raw);
             {
               std::lock_guard lock(mutex_);
               contexts_.erase(&state->context);
               if (!stopped_) {
                 auto response = std::make_shared<Response>(std::move(state->response));
                 loop.Post([response, done, end = ToAbslStatus(status)] {
                   end.ok() ? done(std::move(*response)) : done(end);
                 });
               }
             }
             // The context has a share of the channel. The last one must not end on gRPC's own
             // thread, which the channel's end waits for.
             state.reset();
             pending_.Remove();
           });
  }

 private:
  absl::Status ToAbslStatus(const grpc::Status& status) const {
    if (status.ok()) return absl::OkStatus();
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      return Unavailable("{}", options_.unreachable);
    }
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        ToAbsl(status.error_message()));
  }
  void Dial() {
    stub_ = Service::NewStub(
        rpc::Dial(options_.upstream, ControlChannelArguments(options_.message_bytes_max)));
  }

  const Options options_;
  PendingCalls pending_;
  std::mutex mutex_;            // guards everything below
  std::unique_ptr<Stub> stub_;  // never changes once made
  std::set<grpc::ClientContext*> contexts_;
  bool stopped_ = false, cut_off_ = false;
};

}  // namespace terrella::edge
