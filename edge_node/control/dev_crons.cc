#include "edge_node/control/dev_crons.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {

DevCrons::DevCrons(EventLoop& loop, const Clock& clock, Run run, const DevCronLimits& limits)
    : clock_(clock), run_(std::move(run)), limits_(limits), timer_(loop, [this] { Look(); }) {}

void DevCrons::Set(const std::string& script, const std::vector<std::string>& crons) {
  const WallTime now = clock_.WallNow();
  script_ = script;
  triggers_.clear();
  for (const std::string& cron : crons) {
    const auto expression = bundle::CronExpression::Parse(cron);
    if (!expression.ok()) {
      LogWarn("'{}' is never run: {}", cron, Message(expression.status()));
      continue;
    }
    if (const auto next = expression->Next(now)) triggers_.push_back({cron, *expression, *next});
  }
  Arm();
}

void DevCrons::Arm() {
  timer_.Stop();
  if (triggers_.empty()) return;
  const auto first =
      std::min_element(triggers_.begin(), triggers_.end(),
                       [](const Trigger& a, const Trigger& b) { return a.next < b.next; });
  const Duration wait = first->next - clock_.WallNow();
  timer_.Start(std::clamp(wait, Duration(0), limits_.look_again_max));
}

void DevCrons::Look() {
  const WallTime now = clock_.WallNow();
  std::vector<Trigger> due;
  for (Trigger& trigger : triggers_) {
    // The clock may have been set back, too: then what is next is sooner than it was.
    const auto next = trigger.expression.Next(now);
    if (trigger.next <= now && now - trigger.next <= limits_.late_max) due.push_back(trigger);
    trigger.next = next.value_or(WallTime::max());
  }
  Arm();
  for (const Trigger& trigger : due) Fire(trigger);
}

void DevCrons::Fire(const Trigger& trigger) {
  if (running_ >= limits_.running_max) {
    return LogWarn("cron '{}' is left out: {} runs of scheduled() are not over", trigger.cron,
                   running_);
  }
  ++running_;
  ScheduledOrder order{.script = script_, .key = trigger.cron, .event = {}};
  order.event.cron = trigger.cron;
  order.event.scheduled_ms = ToMs(trigger.next.time_since_epoch());
  run_(std::move(order),
       [this, cron = trigger.cron, alive = std::weak_ptr(alive_)](const ScheduledOutcome& outcome) {
         if (!alive.expired()) OnRan(cron, outcome);
       });
}

void DevCrons::OnRan(const std::string& cron, const ScheduledOutcome& outcome) {
  --running_;
  if (outcome.kind == ScheduledOutcome::Kind::kOk) {
    return LogInfo("cron '{}' ran scheduled() in {:.1f} ms", cron, ToMs(outcome.wall));
  }
  LogWarn("cron '{}' ran scheduled(), which failed: {}", cron, outcome.detail);
}

}  // namespace terrella::edge
