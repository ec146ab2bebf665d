#include "sim/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "sim/scenario/kv_results.h"

namespace terrella::sim {
namespace {

GroupRow RowOf(std::string name, const Summary& summary) {
  GroupRow row{.name = std::move(name),
               .requests = summary.requests,
               .errors = summary.errors,
               .error_share = summary.error_share(),
               .p50_ms = QuantileMs(summary.felt_us, 0.5),
               .p95_ms = QuantileMs(summary.felt_us, 0.95),
               .p99_ms = QuantileMs(summary.felt_us, 0.99)};
  std::tie(row.p50_low_ms, row.p50_high_ms) = QuantileBoundsMs(summary.felt_us, 0.5);
  std::tie(row.p95_low_ms, row.p95_high_ms) = QuantileBoundsMs(summary.felt_us, 0.95);
  auto answered = static_cast<double>(std::max<uint64_t>(summary.requests - summary.errors, 1));
  for (const auto& [pop, count] : summary.pops)
    row.pops.emplace_back(pop, static_cast<double>(count) / answered);
  std::stable_sort(row.pops.begin(), row.pops.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return row;
}

KvRow KvRowOf(std::string name, const KvSummary& summary) {
  return {.name = std::move(name),
          .reads = summary.reads,
          .writes = summary.writes,
          .stale_reads = summary.stale,
          .stale_share = summary.stale_share(),
          .stale_max_ms = summary.stale_max_ms()};
}

std::vector<KvRow> KvRows(const Results& results) {
  std::vector<KvRow> out = {KvRowOf("all", results.kv()->Summarize())};
  for (const auto& [code, summary] : results.ByContinent()) {
    const net::Continent continent = *net::ParseContinent(code);
    out.push_back(KvRowOf(std::string(net::ContinentName(continent)),
                          results.kv()->Summarize([&](const Sample& sample) {
                            return results.places().cities()[sample.city].continent == continent;
                          })));
  }
  return out;
}

void AddCounts(const Results& results, Report& out) {
  const std::vector<uint64_t>& by_failure = results.by_failure();
  const std::vector<uint64_t>& by_version = results.by_version();
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

namespace {

constexpr double kSliceRequestsMin = 50;

void AddSlices(const Scenario& scenario, const Results& results, Report& out) {
  if (results.samples().empty() && out.total.requests > 0) return;  // only counted
  // Whole multiples of 100 ms, so that what happens at a second begins a slice.
  // Not so short that chance is all one sees.
  const double fewest_s = kSliceRequestsMin * out.duration_s /
                          std::max(1.0, static_cast<double>(results.samples().size()));
  const double slice_s = std::max(out.duration_s / kSlicesMax, std::min(fewest_s, out.duration_s));
  out.slice_s = std::max(1.0, std::ceil(slice_s * 10)) / 10;
  const auto count = static_cast<size_t>(std::ceil(out.duration_s / out.slice_s));
  std::vector<Histogram> felt_us(count);
  for (size_t i = 0; i < count; ++i) {
    out.slices.push_back({.begin_s = out.slice_s * static_cast<double>(i)});
  }
  for (const Sample& sample : results.samples()) {
    if (sample.due < Duration(0) || sample.due >= scenario.duration) continue;
    const size_t i =
        std::min(static_cast<size_t>(ToMs(sample.due) / 1000 / out.slice_s), count - 1);
    ++out.slices[i].requests;
    if (sample.failure != Failure::kNone) {
      ++out.slices[i].errors;
    } else {
      felt_us[i].Add(FeltUs(sample));
    }
  }
  for (size_t i = 0; i < count; ++i) {
    out.slices[i].p50_ms = QuantileMs(felt_us[i], 0.5);
    out.slices[i].p95_ms = QuantileMs(felt_us[i], 0.95);
  }
}

void Join(const Summary& part, Summary& whole) {
  whole.requests += part.requests;
  whole.errors += part.errors;
  whole.mixed_versions += part.mixed_versions;
  whole.felt_us.Merge(part.felt_us);
  for (const auto& [pop, count] : part.pops) whole.pops[pop] += count;
}

Curve CurveOf(std::string name, const Summary& summary) {
  Curve curve{.name = std::move(name)};
  for (int i = 0; summary.felt_us.count() > 0 && i <= 100; ++i) {
    curve.ms.push_back(QuantileMs(summary.felt_us, i / 100.0));
  }
  return curve;
}

}  // namespace

bool Report::passed() const {
  return std::all_of(assertions.begin(), assertions.end(),
                     [](const AssertionRow& a) { return a.holds || a.skipped; }) &&
         std::all_of(events.begin(), events.end(), [](const EventRecord& e) { return e.ok; });
}

AssertionRow JudgeAssertion(const Assertion& assertion, const Scenario& scenario,
                            const Results& results, const Baseline* baseline) {
  AssertionRow out{.text = assertion.text,
                   .actual = results.Value(assertion, scenario),
                   .subject = assertion.Subject()};
  if (assertion.of_baseline) {
    out.skipped = baseline == nullptr;
    if (baseline != nullptr) {
      // One that the earlier run does not tell cannot hold.
      out.baseline = baseline->Find(out.subject).value_or(std::numeric_limits<double>::quiet_NaN());
    }
  }
  out.holds = !out.skipped && assertion.Holds(out.actual, out.baseline.value_or(0));
  return out;
}

std::string PopShares(const GroupRow& row, size_t most, std::string_view percent) {
  std::string out;
  for (size_t i = 0; i < std::min(row.pops.size(), most); ++i) {
    const auto& [pop, share] = row.pops[i];
    out += fmt::format("{}{} {:.0f}{}", i == 0 ? "" : ", ", pop, 100 * share, percent);
  }
  return out;
}

Report MakeReport(const Scenario& scenario, const Results& results, const Baseline* baseline) {
  Report out{.name = scenario.name,
             .seed = scenario.seed,
             .duration_s = ToMs(scenario.duration) / 1000,
             .total = RowOf("all", results.Summarize(""))};
  if (!results.pages().empty()) {
    out.pages = RowOf("pages", results.SummarizePages([](const Sample&) { return true; }));
    for (const Protocol protocol : kProtocols) {
      const Summary summary = results.SummarizePages(
          [protocol](const Sample& page) { return page.protocol == protocol; });
      if (summary.requests == 0 || summary.requests == out.pages->requests) continue;
      out.page_protocols.push_back(RowOf(std::string(ProtocolName(protocol)), summary));
    }
  }
  if (results.kv() != nullptr) out.kv = KvRows(results);
  if (scenario.clients.steering.size() > 1) {
    for (const char* name : {"dns", "anycast"}) {
      const Summary summary = results.Summarize(name);
      out.steering.push_back(RowOf(name, summary));
      out.curves.push_back(CurveOf(name, summary));
    }
  }
  out.curves.push_back(CurveOf("all", results.Summarize("")));
  AddSlices(scenario, results, out);
  for (const auto& [code, summary] : results.ByContinent()) {
    out.continents.push_back(
        RowOf(std::string(net::ContinentName(*net::ParseContinent(code))), summary));
  }
  std::map<std::string, Summary> countries;
  for (const auto& [id, summary] : results.ByCity()) {
    const net::City& city = results.places().cities()[id];
    out.cities.push_back(RowOf(city.name, summary));
    out.cities.back().country = city.country;
    out.cities.back().city = id;
    Join(summary, countries[city.country]);
  }
  for (const auto& [code, summary] : countries) out.countries.push_back(RowOf(code, summary));
  for (std::vector<GroupRow>* rows : {&out.cities, &out.countries}) {
    std::stable_sort(rows->begin(), rows->end(), [](const GroupRow& a, const GroupRow& b) {
      return a.requests != b.requests ? a.requests > b.requests : a.name < b.name;
    });
  }
  AddCounts(results, out);
  out.events = results.events();
  out.failovers = results.Failovers();
  out.caches = CacheFiguresOf(results);
  out.typical = TypicalRequests(results);
  out.shifts = ShiftsOf(results, scenario.duration);
  for (const Assertion& assertion : scenario.assertions) {
    out.assertions.push_back(JudgeAssertion(assertion, scenario, results, baseline));
  }
  return out;
}

}  // namespace terrella::sim
