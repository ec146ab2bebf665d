#include "cli/sim/rollout_events.h"

#include <fmt/format.h>

namespace terrella::cli {

void AddRolloutEvents(const v1::ListRolloutsResponse& rollouts, WallTime began,
                      sim::Results& results) {
  const int64_t began_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(began.time_since_epoch()).count();
  for (const v1::Rollout& rollout : rollouts.rollouts()) {
    if (rollout.started_unix_ms() < began_ms) continue;
    for (const v1::RolloutEvent& event : rollout.events()) {
      results.AddEvent({.at = std::chrono::milliseconds(event.unix_ms() - began_ms),
                        .action = fmt::format("{}{}", sim::kRolloutAction, event.kind()),
                        .target = rollout.script(),
                        .detail = event.text()});
    }
  }
}

}  // namespace terrella::cli
