// RequestFlow: the life of one client request on a node, from its head to the last byte of its
// answer.
//
//   Start --no worker, overload--> error page
//     |-----ServeAsset, bytes at hand, or brought--> done, or pumping
//     |--Dispatch--> waiting --OnResponse, whole body--> done
//                       |------OnResponse, stream-----> pumping --end--> done
//                       |------OnResponse, socket-----> splicing --both closed--> done
//                       |------OnFailed---------------> error page
//                       |      (shutdown) once -------> waiting, in a fresh isolate
//                       |      (passThroughOnException, no body) --> waiting for its origin
//   the client goes away in any state: the invocation is cancelled
//
// Every answer carries `terrella-ray` (which log lines name, too) and `server-timing`; an answer of
// a worker also carries `x-terrella-version`.
//
// Thread: the shard's loop. Owns: the Exchange and the Invocation.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge_node/assets/asset_store.h"
#include "edge_node/runtime/worker.h"
#include "edge_node/shard/error_page.h"
#include "edge_node/shard/serving_state.h"
#include "edge_node/shard/tenant.h"
#include "edge_node/shard/worker_pool.h"
#include "edge_node/tail/request_trace.h"
#include "http/message/message_channel.h"
#include "http/server/server.h"

namespace terrella::edge {

// What a flow needs of its shard.
struct FlowContext {
  EventLoop& loop;
  const Clock& clock;  // the node's, whose wall time may be wrong
  const NodeIdentity& node;
  bool dev = false;  // error pages show details
};

class RequestFlow;

class FlowOwner {
 public:
  virtual ~FlowOwner() = default;
  // The answer is complete or its client is gone. Destroys the flow.
  virtual void OnFlowDone(RequestFlow& flow) = 0;
  // The flow's worker was stopped for what another request did: Run or Refuse it anew.
  virtual void OnFlowRetry(RequestFlow& flow) = 0;
  // The flow's worker failed and had asked for the origin to answer then. Null: it has none.
  virtual std::unique_ptr<runtime::Subrequest> OnFlowPassThrough(
      const Tenant& tenant, http::RequestHead head, runtime::SubrequestObserver& observer) = 0;
};

class RequestFlow final : public runtime::ResponseObserver, public runtime::SubrequestObserver {
 public:
  RequestFlow(const FlowContext& context, FlowOwner& owner, uint64_t ray,
              std::unique_ptr<http::Exchange> exchange);
  ~RequestFlow() override;

  // Before Run.
  const http::RequestHead& head() const { return head_; }
  // It is no request for fetch() but this event, by hand. Before Run.
  void set_event(runtime::ScheduledEvent event) { event_ = std::move(event); }
  bool is_event() const { return event_.has_value(); }
  // Exactly one of the two, once, and once more after OnFlowRetry. Both may end (and destroy) the
  // flow before they return.
  void Run(WorkerPool::Acquired acquired);
  void Refuse(const ErrorPage& page, const LiveScript* script = nullptr);
  // In place of both: what the script's site answers.
  void ServeAsset(std::shared_ptr<const LiveScript> script, AssetAnswer answer, AssetStore& store);

  // Lets those see it who watch the script. Before Run.
  void Watch(const TailPlan& plan, const LiveScript& script, TailRing& ring, double dice);

  // The script that answered or failed; null when there was none.
  const std::shared_ptr<const runtime::WorkerCode>& code() const { return code_; }
  bool failed() const { return failed_; }
  // Of the worker's own answer; 0: it made none.
  int status() const { return status_; }
  // The script rests after such stops, and the flow is refused for that. Before Refuse.
  void set_rests() { cpu_killed_ = true; }
  // It named the version that answers it.
  void set_chosen() { chosen_ = true; }
  bool chosen() const { return chosen_; }
  // Whether it was stopped at the CPU limit, or refused while its script rests.
  bool cpu_killed() const { return cpu_killed_; }
  // What its failure was; nothing when it did not run.
  std::optional<runtime::FailureKind> failure() const { return failure_; }
  bool cold() const { return cold_ > Duration(0); }
  Duration cpu() const { return cpu_; }
  uint64_t body_bytes() const { return pump_ != nullptr ? pump_->bytes() : body_bytes_; }
  // Of its client; empty: unknown, or nothing was answered.
  const std::string& country() const { return country_; }
  // From the request's head to the end of its answer; once that is over.
  Duration took() const { return ended_ - received_; }
  const std::string& ray_text() const { return ray_text_; }

  std::list<std::unique_ptr<RequestFlow>>::iterator position;  // in the owner's list

 private:
  void OnResponse(http::ResponseHead head, runtime::WorkerBody body) override;
  void OnFailed(runtime::FailureKind kind, std::string_view detail, bool pass_through) override;
  // Of the origin that answers in the worker's place.
  void OnSubrequestResponse(http::ResponseHead head,
                            std::unique_ptr<http::BodySource> body) override;
  void OnSubrequestSocket(http::ResponseHead head,
                          std::unique_ptr<http::MessageChannel> channel) override {
    OnSocket(std::move(head), std::move(channel));
  }
  void OnSubrequestError(const absl::Status& status) override;

  // True when another worker may be asked the same: the method is safe (RFC 9110 section 9.2.1),
  // nothing of a body was consumed, and this is the first time.
  bool MayRetry() const { return may_retry_ && retry_ == nullptr; }
  void Retry();
  void SendAsset(std::shared_ptr<const AssetBytes> bytes);
  void StartPump(http::ResponseHead head, std::unique_ptr<http::BodySource> source);
  void OnClientGone();
  void OnSocket(http::ResponseHead head, std::unique_ptr<http::MessageChannel> end);
  void AddHeaders(http::Headers& headers);
  runtime::InboundRequest MakeInbound();
  // What to answer when the worker threw because of how the request's body broke off.
  std::optional<ErrorPage> ClientsFault(runtime::FailureKind kind) const;
  void Answer(const ErrorPage& page);
  void Done();
  void LookAtCpu();

  const FlowContext& context_;
  FlowOwner& owner_;
  const std::string ray_text_;
  const MonotonicTime received_;
  MonotonicTime dispatched_{};
  MonotonicTime ended_{};
  Duration cold_{};
  bool failed_ = false;
  bool cpu_killed_ = false;
  bool chosen_ = false;
  int status_ = 0;
  std::optional<runtime::FailureKind> failure_;
  Duration cpu_{};           // of its invocation, as far as it has been seen
  uint64_t body_bytes_ = 0;  // of the answer
  std::string country_;
  std::shared_ptr<RequestTrace> trace_;  // null: nobody watches
  bool may_retry_ = false;
  bool has_body_ = false;
  std::shared_ptr<absl::Status> body_error_;  // of the request's body; null: it has none
  std::optional<runtime::ScheduledEvent> event_;
  std::shared_ptr<const runtime::WorkerCode> code_;
  std::unique_ptr<http::Exchange> exchange_;
  http::RequestHead head_;  // while no worker has it
  // Destroyed bottom up: the body, then the invocation, then the hold on its worker.
  std::optional<Tenant::Lease> lease_;
  std::unique_ptr<runtime::Invocation> invocation_;
  std::unique_ptr<runtime::Subrequest> origin_;  // null unless it was passed through
  std::unique_ptr<http::Pump> pump_;
  std::unique_ptr<http::MessageSplice> splice_;     // of a WebSocket
  std::shared_ptr<const LiveScript> asset_script_;  // whose table asset_ looks into
  AssetAnswer asset_;
  std::unique_ptr<AssetStore::Pending> asset_load_;  // null: its bytes are at hand
  std::string socket_key_;                           // of a client that asked for one
  std::unique_ptr<Timer> retry_;                     // null until there was one
};

}  // namespace terrella::edge
