#include "sim/report/report.h"

#include <algorithm>
#include <limits>

namespace terrella::sim {
namespace {

double QuantileMs(const Summary& summary, double q) {
  if (summary.felt_us.count() == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(summary.felt_us.Quantile(q)) / 1000;
}

GroupRow RowOf(std::string name, const Summary& summary) {
  GroupRow row{.name = std::move(name),
               .requests = summary.requests,
               .errors = summary.errors,
               .error_share = summary.error_share(),
               .p50_ms = QuantileMs(summary, 0.5),
               .p95_ms = QuantileMs(summary, 0.95),
               .p99_ms = QuantileMs(summary, 0.99)};
  auto answered = static_cast<double>(std::max<uint64_t>(summary.requests - summary.errors, 1));
  for (const auto& [pop, count] : summary.pops)
    row.pops.emplace_back(pop, static_cast<double>(count) / answered);
  std::stable_sort(row.pops.begin(), row.pops.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return row;
}

std::string ContinentName(std::string_view code) {
  static constexpr std::pair<std::string_view, const char*> kNames[] = {
      {"AF", "Africa"},  {"AN", "Antarctica"},    {"AS", "Asia"},          {"EU", "Europe"},
      {"OC", "Oceania"}, {"NA", "North America"}, {"SA", "South America"},
  };
  for (const auto& [known, name] : kNames) {
    if (known == code) return name;
  }
  return std::string(code);
}

void AddCounts(const Results& results, Report& out) {
  std::vector<uint64_t> by_failure(static_cast<size_t>(Failure::kMixed) + 1);
  std::vector<uint64_t> by_version(results.versions().size());
  for (const Sample& sample : results.samples()) {
    ++by_failure[static_cast<size_t>(sample.failure)];
    if (sample.failure == Failure::kNone) ++by_version[sample.version];
  }
  for (size_t i = 1; i < by_failure.size(); ++i) {
    if (by_failure[i] > 0)
      out.failures.emplace_back(FailureName(static_cast<Failure>(i)), by_failure[i]);
  }
  for (size_t i = 1; i < by_version.size(); ++i) {
    if (by_version[i] > 0) out.versions.emplace_back(results.versions()[i], by_version[i]);
  }
  out.mixed_versions = by_failure[static_cast<size_t>(Failure::kMixed)];
}

}  // namespace

bool Report::passed() const {
  return std::all_of(assertions.begin(), assertions.end(),
                     [](const AssertionRow& a) { return a.holds; }) &&
         std::all_of(events.begin(), events.end(), [](const EventRecord& e) { return e.ok; });
}

Report MakeReport(const Scenario& scenario, const Results& results) {
  Report out{.name = scenario.name,
             .seed = scenario.seed,
             .duration_s = ToMs(scenario.duration) / 1000,
             .total = RowOf("all", results.Summarize(""))};
  if (scenario.clients.steering.size() > 1) {
    for (const char* name : {"dns", "anycast"})
      out.steering.push_back(RowOf(name, results.Summarize(name)));
  }
  for (const auto& [code, summary] : results.ByContinent()) {
    out.continents.push_back(RowOf(ContinentName(code), summary));
  }
  for (const auto& [id, summary] : results.ByCity()) {
    const net::City& city = results.places().cities()[id];
    out.cities.push_back(RowOf(city.name, summary));
    out.cities.back().country = city.country;
  }
  std::stable_sort(out.cities.begin(), out.cities.end(), [](const GroupRow& a, const GroupRow& b) {
    return a.requests != b.requests ? a.requests > b.requests : a.name < b.name;
  });
  AddCounts(results, out);
  out.events = results.events();
  out.failovers = results.Failovers();
  for (const Assertion& assertion : scenario.assertions) {
    double actual = results.Value(assertion.metric, assertion.selector);
    out.assertions.push_back({assertion.text, actual, assertion.Holds(actual)});
  }
  return out;
}

}  // namespace terrella::sim
