#include "sim/scenario/origin.h"

#include <algorithm>
#include <cmath>

#include "sim/scenario/scenario.h"

namespace terrella::sim {

OriginThought DrawThought(const Origin& origin, CounterRandom& random) {
  const double times = origin.spread == 1 ? 1 : std::pow(origin.spread, random.Normal());
  return {.think = FromMs(origin.think_ms * times), .fails = random.Uniform() < origin.error_share};
}

bool IsOriginOut(const Scenario& scenario, const std::string& host, Duration now) {
  return std::any_of(scenario.timeline.begin(), scenario.timeline.end(),
                     [&](const TimelineEvent& event) {
                       return event.action == TimelineEvent::Action::kOriginOutage &&
                              event.target == host && IsUnderWay(event, now);
                     });
}

}  // namespace terrella::sim
