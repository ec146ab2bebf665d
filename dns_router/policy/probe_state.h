// ProbeState: what a row of probes says of one node: up after `rise` good ones, down after `fall`
// bad ones, and before either nothing.
//
// The router's own network may be what failed. So a node is called down only when half of the
// others have answered probes begun after this one's bad row began: whoever hears few knows
// nothing, and what was known stays (fail static).
//
// Thread: one. Pure: time is given.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace terrella::dns {

struct ProbeThresholds {
  int rise = 2;
  int fall = 3;
};

class ProbeState {
 public:
  enum class Verdict { kNone, kUp, kDown };

  explicit ProbeState(const ProbeThresholds& thresholds) : thresholds_(thresholds) {}

  void Good();
  // `began`: of the probe. `others_answered`: half of the other nodes have answered a probe
  // begun then or later. `why` is for people.
  void Bad(MonotonicTime began, std::optional<MonotonicTime> others_answered, std::string why);

  Verdict verdict() const { return verdict_; }
  // Probes until the verdict may be another one: the least that must go the other way.
  int until_change() const;
  // Bad ones in a row, counted up to `fall`; 0 after a good one.
  int bad_in_a_row() const { return bad_; }
  const std::string& why() const { return why_; }  // of the last bad one

 private:
  ProbeThresholds thresholds_;
  Verdict verdict_ = Verdict::kNone;
  int good_ = 0, bad_ = 0;  // in a row; one of them is 0
  MonotonicTime bad_since_{};
  std::string why_;
};

}  // namespace terrella::dns
