// Assertion: one line that must hold of a run, such as "p95_ms.Lagos < 120" or "errors < 0.1%".
//
//   metric [. selector] operator value
//   metric     p50_ms p90_ms p95_ms p99_ms max_ms mean_ms: felt time of answered requests
//              requests, error_count: counts;  errors: the share of requests that failed
//              failover_ms: from an event until the last failed request it caused had begun
//              mixed_versions: answers whose parts came from different versions
//              pops: how many different PoPs answered
//   selector   a city ("Lagos", "São Paulo"), a country ("DE"), a continent ("EU"), "dns" or
//   "anycast" operator   <  <=  >  >=  ==  != value      a number; "%" divides it by 100
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
};
std::string_view MetricName(Metric metric);
const std::vector<std::string>& MetricNames();

enum class Comparison : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

struct Assertion {
  std::string text;  // as written
  Metric metric = Metric::kRequests;
  std::string selector;  // "" stands for everybody
  Comparison comparison = Comparison::kLess;
  double value = 0;

  bool Holds(double actual) const;
};

// InvalidArgument says what was expected, with a suggestion for a misspelt metric.
absl::StatusOr<Assertion> ParseAssertion(std::string_view text);

}  // namespace terrella::sim
