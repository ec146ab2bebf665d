// Penalties: how long a script that breaks its limits again and again is left alone.
//
// A worker is stopped on the thread that serves everybody else: its endless loop costs them its
// whole CPU budget, a hoard of memory costs a collection of all of it. Making a new isolate for the
// next request, only to stop it again, would hand the thread to the worst script on it. So the
// first stop is free, and after every further one the script is refused, without running, for a
// pause that doubles:
//
//   pause(n) = max(first_pause, cost / share_max) * 2^(n - 2),  at most pause_max or cost /
//   share_max
//
// where n counts stops and cost is how long this one held the thread up. So a script that does
// nothing but break limits gets less than `share_max` of the thread from its second stop on,
// however dear a stop is: neighbours' 99th percentile does not see what takes less than 1 % of the
// time. Good time after a pause takes stops off again; another version of the script begins with
// none.
//
// An isolate that had to be left by force is never freed, so pauses only slow the leak down. A
// version that was left `escapes_max` times is refused for good on this node, and once the process
// has left `abandoned_max` isolates behind, a single time is enough. The node does not drain itself
// over it: nothing would start it again, and its clients would take the same script to the next
// node. What is leaked is bounded by abandoned_max isolates and one a version.
//
// Leaves out: which request did it. A script is one tenant; telling its paths apart would make a
// table an attacker can grow.
//
// Thread: one. Invariants: (1) at most versions_max records a script; (2) n never exceeds 32.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace terrella::edge {

struct PenaltyLimits {
  Duration first_pause = std::chrono::milliseconds(100);
  Duration pause_max = std::chrono::seconds(30);
  double share_max = 0.005;  // of the thread's time
  // Good time, counted from the end of the pause, that takes one stop off.
  Duration forgive_after = std::chrono::seconds(30);
  uint32_t escapes_max = 3;  // of one version
  size_t abandoned_max = 8;  // of the process
  size_t versions_max = 4;   // of one script that are remembered, the last that were stopped
};

// A worker was stopped for breaking a limit.
struct Offence {
  std::string_view reason;  // "exceeded 50 ms of CPU time"
  Duration cost{};          // how long the thread was held up
  bool escaped = false;     // the isolate was left by force
  size_t abandoned = 0;     // isolates the process has left, this one included
};

// Why a script is not run now.
struct Refusal {
  bool for_good = false;  // this version is not run again
  Duration left{};        // until it is run again, else
  uint32_t stops = 0;     // not forgiven yet
  std::string reason;     // of the last one
};

class Penalties {
 public:
  // `clock` outlives it.
  explicit Penalties(const Clock& clock, PenaltyLimits limits = {})
      : clock_(clock), limits_(limits) {}

  // Nothing: run it.
  std::optional<Refusal> Check(std::string_view script, std::string_view version_id) const;
  // Returns the pause that begins now: 0 for the first stop, Duration::max() for good.
  Duration Punish(std::string_view script, std::string_view version_id, const Offence& offence);
  // Knows what `other` knows, and nothing else.
  void LearnFrom(const Penalties& other) { records_ = other.records_; }
  // Forgets scripts that are gone, so that the records are never more than the scripts.
  void Keep(const std::function<bool(std::string_view script)>& exists);

  size_t scripts() const { return records_.size(); }

 private:
  struct Record {
    std::string version_id;
    uint32_t stops = 0;
    uint32_t escapes = 0;  // never forgiven
    bool for_good = false;
    MonotonicTime until{};  // end of the pause
    std::string reason;
  };

  const Record* Find(std::string_view script, std::string_view version_id) const;
  // What is left of `record` at `now`.
  uint32_t StopsLeft(const Record& record, MonotonicTime now) const;

  const Clock& clock_;
  const PenaltyLimits limits_;
  // By script; of each the version stopped last at the end.
  std::map<std::string, std::vector<Record>, std::less<>> records_;
};

}  // namespace terrella::edge
