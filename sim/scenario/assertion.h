// Assertion: one line that must hold of a run, such as "p95_ms.Lagos < 120" or "errors < 0.1%".
//
//   metric [. selector {& selector}] [@ phase] operator value
//   metric     p50_ms p90_ms p95_ms p99_ms max_ms mean_ms: felt time of answered requests
//              requests, error_count: counts;  errors: the share of requests that failed
//              failover_ms: from an event until the last failed request it caused had begun
//              rollback_ms: from a deploy until its rollout had been rolled back, the longest
//              mixed_versions: answers whose parts came from different versions
//              pops: how many different PoPs answered
//              hit_share: of the requests that asked a node's cache, those answered without asking
//              an origin first; stale_share: those answered with something stale;
//              cache_misses: requests that had to ask an origin themselves
//              page_p50_ms page_p95_ms: from the document wanted until all of a page is there;
//              page_errors: the share of pages of which something is missing
//              kv_reads, kv_writes: answered requests to KV; kv_stale_reads and, of all reads,
//              kv_stale_share: those that did not see what was known to be written;
//              kv_stale_max_ms: for how long what the worst saw had been out of date (kv_results.h)
//   selector   a city ("Lagos"), a continent ("EU"), a country ("DE"; "continent:SA" or
//   "country:SA"
//              where a code is both), "dns" or "anycast", a PoP ("pop:FRA"), a population
//              ("population:telephones"), the N-th version that answered
//              ("version:2"), what people speak ("protocol:h2", "protocol:http/1.1"); what all of
//              them mean is counted
//   phase      requests due in it; timeline events begin phases
//   operator   <  <=  >  >=  ==  !=
//   value      a number, "%" divides it by 100; or "baseline", "baseline * 1.1", "baseline + 5":
//              what the same metric was in an earlier run
//
// Grammar only: what a selector stands for is looked up when the scenario is read, and what the
// metric's value is belongs to results.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::sim {

enum class Metric : uint8_t {
  kP50Ms,
  kP90Ms,
  kP95Ms,
  kP99Ms,
  kMaxMs,
  kMeanMs,
  kRequests,
  kErrorCount,
  kErrors,
  kFailoverMs,
  kMixedVersions,
  kPops,
  kRollbackMs,
  kHitShare,
  kStaleShare,
  kCacheMisses,
  kPageP50Ms,
  kPageP95Ms,
  kPageErrors,
  kKvReads,
  kKvWrites,
  kKvStaleReads,
  kKvStaleShare,
  kKvStaleMaxMs,
};
std::string_view MetricName(Metric metric);
constexpr bool IsOfPages(Metric metric) {
  return metric >= Metric::kPageP50Ms && metric <= Metric::kPageErrors;
}
constexpr bool IsOfKv(Metric metric) {
  return metric >= Metric::kKvReads && metric <= Metric::kKvStaleMaxMs;
}
const std::vector<std::string>& MetricNames();

enum class Comparison : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

struct Assertion {
  std::string text;  // as written
  Metric metric = Metric::kRequests;
  std::string selector;  // "" stands for everybody
  Comparison comparison = Comparison::kLess;
  double value = 0;
  std::string phase = {};    // "" stands for the whole run
  bool of_baseline = false;  // compared with the baseline times `factor` plus `value`
  double factor = 1;

  // What is measured, in one form whatever it was written like: "p95_ms.Lagos&dns@dark".
  std::string Subject() const;
  // What `actual` is compared with.
  double Limit(double baseline = 0) const {
    return of_baseline ? baseline * factor + value : value;
  }
  // NaN never holds.
  bool Holds(double actual, double baseline = 0) const;
  // The parts of `selector`.
  std::vector<std::string_view> Selectors() const;
};

// InvalidArgument says what was expected, with a suggestion for a misspelt metric.
absl::StatusOr<Assertion> ParseAssertion(std::string_view text);

}  // namespace terrella::sim
