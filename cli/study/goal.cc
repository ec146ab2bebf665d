#include "cli/study/goal.h"

#include "base/status.h"

namespace terrella::cli {

absl::StatusOr<sim::Assertion> ParseGoal(std::string_view text) {
  ASSIGN_OR_RETURN(sim::Assertion goal, sim::ParseAssertion(text));
  const bool of_a_run =
      goal.metric == sim::Metric::kFailoverMs || goal.metric == sim::Metric::kMixedVersions ||
      goal.metric == sim::Metric::kRollbackMs || IsOfPages(goal.metric) || IsOfKv(goal.metric);
  if (!goal.selector.empty() || of_a_run) {
    return InvalidArgument(
        "'{}' is no goal: expected what is asked of every city, e.g. \"p95_ms < 80\"", text);
  }
  return goal;
}

double ShareWithin(const sim::Assertion& goal, const sim::Scenario& scenario,
                   const sim::Results& results) {
  const std::map<net::CityId, sim::Summary> cities = results.ByCity();
  double all = 0, within = 0;
  for (const sim::ClientCity& city : scenario.clients.cities) {
    all += city.weight;
    const auto found = cities.find(city.city);
    if (found == cities.end()) continue;
    if (goal.Holds(sim::MetricOf(goal.metric, found->second))) within += city.weight;
  }
  return all == 0 ? 0 : within / all;
}

}  // namespace terrella::cli
