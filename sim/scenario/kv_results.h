// KvResults: whether people saw what others had written, and for how long it had been written when
// they did not.
//
// Only what people can know counts. A write is known when it was acknowledged. It comes after
// another for certain when it was wanted after the other had been acknowledged; of writes that
// overlap either may be the last. A read is stale when a write that had been acknowledged before
// the read was wanted comes after the one it saw; it is out of date since the first such
// acknowledgement.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

// A request that read or wrote a key, and was answered.
struct KvRecord {
  uint64_t number = 0;  // of the request
  uint32_t key = 0;     // as KvAsk::name
  bool writes = false;
  uint64_t saw = 0;  // a read: 1 + the number of the request that wrote it; 0: there was nothing
  Sample sample;
  Duration answered() const { return sample.due + sample.felt; }
};

struct KvSummary {
  uint64_t reads = 0, writes = 0, stale = 0;
  Duration stale_for_max{};  // of the worst stale read
  // NaN without reads.
  double stale_share() const;
  double stale_max_ms() const;
};

// NaN when the metric is none of KV, or has no value.
double MetricOf(Metric metric, const KvSummary& summary);

class KvResults {
 public:
  // What was stored when all was over: 1 + the number of the request that wrote it, by key.
  using Left = std::map<uint32_t, uint64_t>;
  // Records in any order. `left`: none where nobody looked.
  explicit KvResults(std::vector<KvRecord> records, std::optional<Left> left = std::nullopt);

  // For how long what the read saw had been out of date when it was wanted; 0 when it was not.
  Duration StaleFor(const KvRecord& read) const { return StaleFor(read, std::nullopt); }
  // The same, if only the writes counted that the read's own node acknowledged.
  Duration StaleForOwn(const KvRecord& read) const { return StaleFor(read, read.sample.pop); }
  // Whether something was left in the end that came before this write for certain, or nothing.
  bool WasLost(const KvRecord& write) const;

  KvSummary Summarize(const std::function<bool(const Sample&)>& belongs) const;
  KvSummary Summarize() const {
    return Summarize([](const Sample&) { return true; });
  }
  const std::vector<KvRecord>& records() const { return records_; }  // by number

 private:
  struct Write {
    Duration due{}, answered{};
    uint16_t pop = 0;
  };
  struct Key {
    std::vector<Write> writes;                        // by when they were acknowledged
    std::unordered_map<uint64_t, Duration> answered;  // of a write, by its number
  };
  Duration StaleFor(const KvRecord& read, std::optional<uint16_t> pop) const;
  // When what was seen was acknowledged; the least time for nothing, the greatest for a write that
  // never was, which may be newer than any other.
  static Duration SeenUntil(const Key& key, uint64_t saw);

  std::vector<KvRecord> records_;
  std::map<uint32_t, Key> keys_;
  std::optional<Left> left_;
};

}  // namespace terrella::sim
