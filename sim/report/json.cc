#include <nlohmann/json.hpp>

#include "sim/report/report.h"

namespace terrella::sim {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const GroupRow& row) {
  Json pops = Json::object();
  for (const auto& [pop, share] : row.pops) pops[pop] = share;
  Json out = {{"name", row.name}};
  if (!row.country.empty()) out["country"] = row.country;
  out.update({{"requests", row.requests},
              {"errors", row.errors},
              {"error_share", row.error_share},
              {"p50_ms", row.p50_ms},
              {"p95_ms", row.p95_ms},
              {"p99_ms", row.p99_ms},
              {"p50_low_ms", row.p50_low_ms},
              {"p50_high_ms", row.p50_high_ms},
              {"p95_low_ms", row.p95_low_ms},
              {"p95_high_ms", row.p95_high_ms},
              {"pops", std::move(pops)}});
  return out;
}

Json ToJson(const std::vector<GroupRow>& rows) {
  Json out = Json::array();
  for (const GroupRow& row : rows) out.push_back(ToJson(row));
  return out;
}

Json CountsToJson(const std::vector<std::pair<std::string, uint64_t>>& counts) {
  Json out = Json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

}  // namespace

std::string ReportToJson(const Report& report) {
  Json events = Json::array(), failovers = Json::array(), assertions = Json::array();
  for (const EventRecord& event : report.events) {
    events.push_back({{"at_ms", ToMs(event.at)},
                      {"took_ms", ToMs(event.took)},
                      {"action", event.action},
                      {"ok", event.ok},
                      {"detail", event.detail}});
  }
  for (const Failover& failover : report.failovers) {
    failovers.push_back({{"action", failover.action},
                         {"steering", SteeringName(failover.steering)},
                         {"errors", failover.errors},
                         {"failover_ms", failover.failover_ms},
                         {"moved", failover.moved}});
  }
  for (const AssertionRow& row : report.assertions) {
    assertions.push_back({{"text", row.text},
                          {"subject", row.subject},
                          {"actual", row.actual},
                          {"baseline", row.baseline ? Json(*row.baseline) : Json()},
                          {"holds", row.skipped ? Json() : Json(row.holds)}});
  }
  Json slices = Json::array();
  for (const TimeSlice& slice : report.slices) {
    slices.push_back({{"begin_s", slice.begin_s},
                      {"requests", slice.requests},
                      {"errors", slice.errors},
                      {"p50_ms", slice.p50_ms},
                      {"p95_ms", slice.p95_ms}});
  }
  Json out = {{"name", report.name},
              {"seed", report.seed},
              {"duration_s", report.duration_s},
              {"passed", report.passed()},
              {"total", ToJson(report.total)},
              {"steering", ToJson(report.steering)},
              {"continents", ToJson(report.continents)},
              {"countries", ToJson(report.countries)},
              {"cities", ToJson(report.cities)},
              {"failures", CountsToJson(report.failures)},
              {"slices", std::move(slices)},
              {"mixed_versions", report.mixed_versions},
              {"versions", CountsToJson(report.versions)},
              {"events", std::move(events)},
              {"failovers", std::move(failovers)},
              {"assertions", std::move(assertions)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace terrella::sim
