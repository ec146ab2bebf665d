#include "edge_node/shard/scheduled_run.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "edge_node/shard/error_page.h"

namespace terrella::edge {

ScheduledRun::ScheduledRun(EventLoop& loop, WorkerPool::Acquired acquired, ScheduledOrder order,
                           std::shared_ptr<RequestTrace> trace,
                           std::function<void(ScheduledRun&, ScheduledOutcome)> done)
    : loop_(loop),
      began_(loop.Now()),
      done_(std::move(done)),
      code_(acquired.lease->live().code),
      trace_(std::move(trace)),
      deadline_(loop,
                [this] {
                  End({.detail = fmt::format("it took more than {:.0f} s", ToMs(kRunMax) / 1000)});
                }),
      lease_(std::move(acquired.lease)) {
  deadline_.Start(kRunMax);
  runtime::InboundRequest request;
  request.scheduled = std::move(order.event);
  request.trace = trace_;
  invocation_ = lease_->worker().Dispatch(std::move(request), *this);
}

void ScheduledRun::OnResponse(http::ResponseHead head, runtime::WorkerBody) {
  End({.kind = ScheduledOutcome::Kind::kOk, .no_retry = head.headers.Has("terrella-no-retry")});
}

void ScheduledRun::OnFailed(runtime::FailureKind kind, std::string_view detail, bool no_retry) {
  LogWarn("worker {} version {} scheduled(): {}: {}", code_->script, code_->version_id,
          runtime::FailureKindName(kind), detail);
  if (trace_ != nullptr) {
    trace_->set_outcome(TailOutcome(kind));
    trace_->AddException(detail);
  }
  End({.detail = fmt::format("{}: {}", runtime::FailureKindName(kind), detail),
       .no_retry = no_retry});
}

void ScheduledRun::End(ScheduledOutcome outcome) {
  deadline_.Stop();
  outcome.version_id = code_->version_id;
  outcome.cpu = invocation_ == nullptr ? Duration(0) : invocation_->cpu_used();
  outcome.wall = loop_.Now() - began_;
  if (trace_ != nullptr) trace_->Answered();
  // The callback may destroy this, and itself with it.
  const auto done = std::move(done_);
  done(*this, std::move(outcome));
}

}  // namespace terrella::edge
