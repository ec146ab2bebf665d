#include "edge_node/shard/penalty.h"

#include <algorithm>

namespace terrella::edge {
namespace {

constexpr uint32_t kStopsMax = 32;  // the doubling reached its end long before

}  // namespace

const Penalties::Record* Penalties::Find(std::string_view script,
                                         std::string_view version_id) const {
  const auto found = records_.find(script);
  if (found == records_.end()) return nullptr;
  for (const Record& record : found->second) {
    if (record.version_id == version_id) return &record;
  }
  return nullptr;
}

uint32_t Penalties::StopsLeft(const Record& record, MonotonicTime now) const {
  if (now <= record.until) return record.stops;
  const int64_t forgiven = (now - record.until) / limits_.forgive_after;
  return forgiven >= record.stops ? 0 : record.stops - static_cast<uint32_t>(forgiven);
}

std::optional<Refusal> Penalties::Check(std::string_view script,
                                        std::string_view version_id) const {
  const Record* record = Find(script, version_id);
  if (record == nullptr) return std::nullopt;
  if (record->for_good) {
    return Refusal{.for_good = true, .stops = record->escapes, .reason = record->reason};
  }
  const MonotonicTime now = clock_.Now();
  if (now >= record->until) return std::nullopt;
  return Refusal{.left = record->until - now, .stops = record->stops, .reason = record->reason};
}

Duration Penalties::Punish(std::string_view script, std::string_view version_id,
                           const Offence& offence) {
  const MonotonicTime now = clock_.Now();
  auto found = records_.find(script);
  if (found == records_.end()) {
    found = records_.emplace(std::string(script), std::vector<Record>{}).first;
  }
  std::vector<Record>& versions = found->second;
  const auto known = std::find_if(versions.begin(), versions.end(), [&](const Record& record) {
    return record.version_id == version_id;
  });
  if (known != versions.end()) {
    std::rotate(known, known + 1, versions.end());
  } else {
    if (versions.size() >= limits_.versions_max) versions.erase(versions.begin());
    versions.push_back({.version_id = std::string(version_id)});
  }
  Record& record = versions.back();
  record.stops = std::min(StopsLeft(record, now) + 1, kStopsMax);
  record.reason = offence.reason;
  if (offence.escaped) {
    ++record.escapes;
    record.for_good |=
        record.escapes >= limits_.escapes_max || offence.abandoned > limits_.abandoned_max;
  }
  if (record.for_good) return Duration::max();
  Duration pause{};
  if (record.stops > 1) {
    const double cost_ns = static_cast<double>(offence.cost.count());
    const double fair_ns = cost_ns / limits_.share_max;
    const double first_ns = std::max(static_cast<double>(limits_.first_pause.count()), fair_ns);
    const double longest_ns = std::max(static_cast<double>(limits_.pause_max.count()), fair_ns);
    const double grown_ns = first_ns * static_cast<double>(uint64_t{1} << (record.stops - 2));
    pause = Duration(static_cast<int64_t>(std::min(grown_ns, longest_ns)));
  }
  record.until = now + pause;
  return pause;
}

void Penalties::Keep(const std::function<bool(std::string_view)>& exists) {
  std::erase_if(records_, [&](const auto& entry) { return !exists(entry.first); });
}

}  // namespace terrella::edge
