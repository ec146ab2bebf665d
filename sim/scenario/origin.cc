#include "sim/scenario/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/scenario/scenario.h"

namespace terrella::sim {

std::string DeployPlace(const Origin& origin, const net::Places& places) {
  const net::City& city = places.cities()[origin.at];
  std::string name = fmt::format("{}, {}", city.name, city.country);
  const absl::StatusOr<net::Place> found = places.Find(name);
  if (found.ok() && found->city == origin.at && found->at == city.at) return name;
  // Another city of the country is called so, too.
  return fmt::format("{},{}", city.at.latitude_deg, city.at.longitude_deg);
}

std::string CacheControlOf(const Origin& origin) {
  if (!origin.caching) return "no-store";
  std::string out = fmt::format("max-age={}", origin.caching->fresh.count());
  if (const auto& window = origin.caching->stale_while_revalidate) {
    out += fmt::format(", stale-while-revalidate={}", window->count());
  }
  if (const auto& window = origin.caching->stale_if_error) {
    out += fmt::format(", stale-if-error={}", window->count());
  }
  return out;
}

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
