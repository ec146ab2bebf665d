#include "sim/scenario/kv_results.h"

#include <algorithm>
#include <limits>

namespace terrella::sim {

double KvSummary::stale_share() const {
  return reads == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(stale) / static_cast<double>(reads);
}

double KvSummary::stale_max_ms() const {
  return reads == 0 ? std::numeric_limits<double>::quiet_NaN() : ToMs(stale_for_max);
}

double MetricOf(Metric metric, const KvSummary& summary) {
  switch (metric) {
    case Metric::kKvReads:
      return static_cast<double>(summary.reads);
    case Metric::kKvWrites:
      return static_cast<double>(summary.writes);
    case Metric::kKvStaleReads:
      return static_cast<double>(summary.stale);
    case Metric::kKvStaleShare:
      return summary.stale_share();
    case Metric::kKvStaleMaxMs:
      return summary.stale_max_ms();
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

KvResults::KvResults(std::vector<KvRecord> records, std::optional<Left> left)
    : records_(std::move(records)), left_(std::move(left)) {
  std::sort(records_.begin(), records_.end(),
            [](const KvRecord& a, const KvRecord& b) { return a.number < b.number; });
  for (const KvRecord& record : records_) {
    if (!record.writes) continue;
    Key& key = keys_[record.key];
    key.writes.push_back(
        {.due = record.sample.due, .answered = record.answered(), .pop = record.sample.pop});
    key.answered.emplace(record.number, record.answered());
  }
  for (auto& [number, key] : keys_) {
    std::sort(key.writes.begin(), key.writes.end(),
              [](const Write& a, const Write& b) { return a.answered < b.answered; });
  }
}

Duration KvResults::SeenUntil(const Key& key, uint64_t saw) {
  if (saw == 0) return Duration::min();
  const auto seen = key.answered.find(saw - 1);
  return seen == key.answered.end() ? Duration::max() : seen->second;
}

Duration KvResults::StaleFor(const KvRecord& read, std::optional<uint16_t> pop) const {
  const auto found = keys_.find(read.key);
  if (found == keys_.end()) return Duration(0);
  const std::vector<Write>& writes = found->second.writes;
  const Duration seen_until = SeenUntil(found->second, read.saw);
  auto write =
      std::lower_bound(writes.begin(), writes.end(), seen_until,
                       [](const Write& candidate, Duration at) { return candidate.answered < at; });
  for (; write != writes.end() && write->answered < read.sample.due; ++write) {
    if (write->due >= seen_until && (!pop || write->pop == *pop)) {
      return read.sample.due - write->answered;
    }
  }
  return Duration(0);
}

bool KvResults::WasLost(const KvRecord& write) const {
  if (!left_) return false;
  const auto found = left_->find(write.key);
  const uint64_t left = found == left_->end() ? 0 : found->second;
  return SeenUntil(keys_.at(write.key), left) <= write.sample.due;
}

KvSummary KvResults::Summarize(const std::function<bool(const Sample&)>& belongs) const {
  KvSummary out;
  for (const KvRecord& record : records_) {
    if (!belongs(record.sample)) continue;
    if (record.writes) {
      ++out.writes;
      continue;
    }
    ++out.reads;
    const Duration stale_for = StaleFor(record);
    out.stale += stale_for > Duration(0);
    out.stale_for_max = std::max(out.stale_for_max, stale_for);
  }
  return out;
}

}  // namespace terrella::sim
