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

Json ToJson(const std::vector<KvRow>& rows) {
  Json out = Json::array();
  for (const KvRow& row : rows) {
    out.push_back({{"name", row.name},
                   {"reads", row.reads},
                   {"writes", row.writes},
                   {"stale_reads", row.stale_reads},
                   {"stale_share", row.stale_share},
                   {"stale_max_ms", row.stale_max_ms}});
  }
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

Json ToJson(const Typical& request) {
  const Phases& phases = request.phases;
  return {{"region", request.region},        {"steering", SteeringName(request.steering)},
          {"due_s", request.due_s},          {"city", request.city},
          {"country", request.country},      {"pop", request.pop},
          {"felt_ms", request.felt_ms},      {"dns_ms", phases.dns_ms},
          {"connect_ms", phases.connect_ms}, {"request_ms", phases.request_ms},
          {"node_ms", phases.node_ms},       {"answer_ms", phases.answer_ms}};
}

Json ToJson(const Shift& shift) {
  Json moves = Json::array();
  for (const Move& move : shift.moves) {
    moves.push_back({{"city", move.name},
                     {"country", move.country},
                     {"steering", SteeringName(move.steering)},
                     {"from", move.from},
                     {"to", move.to},
                     {"before_ms", move.before_ms},
                     {"after_ms", move.after_ms},
                     {"added_ms", move.added_ms()},
                     {"requests", move.requests}});
  }
  return {{"at_s", shift.at_s},
          {"until_s", shift.until_s},
          {"what", shift.what},
          {"moved", shift.moved},
          {"moves", std::move(moves)}};
}

}  // namespace

namespace {

Json ToJson(const CacheCounts& counts) {
  Json uses = Json::object();
  for (size_t i = 1; i < kCacheUses; ++i) {
    const auto use = static_cast<CacheUse>(i);
    uses[CacheUseName(use)] = counts.Of(use);
  }
  return {{"asked", counts.asked()},
          {"hit_share", counts.hit_share()},
          {"stale_share", counts.stale_share()},
          {"uses", std::move(uses)}};
}

Json ToJson(const std::vector<CacheRow>& rows) {
  Json out = Json::array();
  for (const CacheRow& row : rows) {
    Json named = {{"name", row.name}};
    named.update(ToJson(row.counts));
    out.push_back(std::move(named));
  }
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
  Json typical = Json::array(), shifts = Json::array();
  for (const Typical& request : report.typical) typical.push_back(ToJson(request));
  for (const Shift& shift : report.shifts) shifts.push_back(ToJson(shift));
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
              {"typical", std::move(typical)},
              {"shifts", std::move(shifts)},
              {"assertions", std::move(assertions)}};
  if (report.caches.all.asked() > 0) {
    Json caches = ToJson(report.caches.all);
    caches["continents"] = ToJson(report.caches.continents);
    caches["pops"] = ToJson(report.caches.pops);
    out["caches"] = std::move(caches);
  }
  if (report.pages) out["pages"] = ToJson(*report.pages);
  if (!report.page_protocols.empty()) out["page_protocols"] = ToJson(report.page_protocols);
  if (!report.replay.command.empty()) {
    out["replay"] = {{"command", report.replay.command},
                     {"scenario_sha256", report.replay.scenario_sha256}};
  }
  if (!report.kv.empty()) out["kv"] = ToJson(report.kv);
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace terrella::sim
