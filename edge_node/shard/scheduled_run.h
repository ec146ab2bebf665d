// ScheduledRun: one run of a worker's scheduled(), from dispatch to the end of its promise.
//
// What waitUntil() holds goes on after it, as after a request.
//
// Thread: the shard's loop. Owns: the invocation and a lease on its worker.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "edge_node/runtime/worker.h"
#include "edge_node/shard/scheduled_outcome.h"
#include "edge_node/shard/worker_pool.h"
#include "edge_node/tail/request_trace.h"

namespace terrella::edge {

class ScheduledRun final : runtime::ResponseObserver {
 public:
  // How long the handler may take, as Cloudflare lets cron triggers.
  static constexpr Duration kRunMax = std::chrono::minutes(15);

  // `done` is called once, from the loop; it may destroy this. `trace` may be null.
  ScheduledRun(EventLoop& loop, WorkerPool::Acquired acquired, ScheduledOrder order,
               std::shared_ptr<RequestTrace> trace,
               std::function<void(ScheduledRun&, ScheduledOutcome)> done);

  const std::shared_ptr<const runtime::WorkerCode>& code() const { return code_; }

 private:
  void OnResponse(http::ResponseHead head, runtime::WorkerBody body) override;
  void OnFailed(runtime::FailureKind kind, std::string_view detail, bool pass_through) override;
  void End(ScheduledOutcome outcome);

  EventLoop& loop_;
  const MonotonicTime began_;
  std::function<void(ScheduledRun&, ScheduledOutcome)> done_;
  std::shared_ptr<const runtime::WorkerCode> code_;
  std::shared_ptr<RequestTrace> trace_;
  Timer deadline_;
  // Destroyed bottom up.
  Tenant::Lease lease_;
  std::unique_ptr<runtime::Invocation> invocation_;
};

}  // namespace terrella::edge
