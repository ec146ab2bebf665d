// WaveEvidence: what the requests of one wave say about the new version beside the old one.
//
// Counters come from nodes' heartbeats. Only nodes with requests of both versions count, and each
// is compared with itself (exact_test.h). Three questions are asked of them:
//   errors     are answers with 5xx more frequent, by more than is tolerated? The old version is
//              given the tolerated errors on top of its own, so that the limit is the null
//              hypothesis, and not equality, which a difference below the limit refutes as well.
//   p99        is the new version slower than p99_ratio times the old one, in its slowest
//   hundredth?
//              The latencies of both are laid side by side, the new one's divided by the ratio, and
//              the slowest 1 % of all taken out: were the new one just at the limit, its part of
//              them would be its part of the requests. So no shape of a distribution is assumed.
//              The same is asked of as many slow ones as the new version has requests: a version
//              that is slower throughout hides in the last 1 % behind an old one's few outliers.
//   cpu kills  is it stopped at its CPU limit more often?
// An answer is "tripped" only when chance explains it with less than `alpha` and the difference is
// beyond what the gates tolerate. Beyond that, and less than kDoubt likely for equal versions, it
// "waits": more requests will tell, and until then the version has not shown that it is no worse.
// CPU kills have no tolerance of their own and never wait: they are errors as well, and wait as
// such.
//
// Thread: one. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/histogram.h"
#include "terrella/v1/node_sync.pb.h"
#include "terrella/v1/rollouts.pb.h"

namespace terrella::control {

inline constexpr const char* kErrorsGate = "errors";
inline constexpr const char* kLatencyGate = "p99";
inline constexpr const char* kCpuGate = "cpu kills";
inline constexpr int kTestedGates = 3;
inline constexpr double kDoubt = 0.1;

class WaveEvidence {
 public:
  // `version_is_new`: whose counters these are.
  void Add(const std::string& node, bool version_is_new, const v1::ScriptStats& stats);

  // Requests on nodes that had both versions.
  uint64_t new_requests() const;
  uint64_t old_requests() const;

  // The figures, and the three questions answered at `alpha` each. Without the window.
  v1::WaveFigures Read(const v1::Gates& gates, double alpha) const;

 private:
  struct Counts {
    uint64_t requests = 0;
    uint64_t errors = 0;
    uint64_t cpu_kills = 0;
    Histogram latency_us;
  };
  struct Node {
    Counts of_new, of_old;
    bool has_both() const { return of_new.requests > 0 && of_old.requests > 0; }
  };

  v1::GateReading ReadErrors(const v1::Gates& gates, double alpha) const;
  v1::GateReading ReadLatency(const v1::Gates& gates, double alpha) const;
  v1::GateReading ReadCpuKills(double alpha) const;
  double NewErrorRate() const;
  double OldErrorRate() const;
  double NewP99Us() const;
  double OldP99Us() const;

  std::map<std::string, Node> nodes_;
};

}  // namespace terrella::control
