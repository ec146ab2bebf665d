// NodeClock: how far the clock of a virtual node is ahead, now and after its next change.
//
// A question that is under way when the clock is set is asked by the one and answered by the other.
//
// Plain data.
#pragma once

#include "base/clock.h"

namespace terrella::sim {

struct NodeClock {
  Duration ahead{};  // negative: behind
  Duration until = Duration::max();
  Duration then{};  // from `until` on

  Duration At(Duration time) const { return time < until ? ahead : then; }
  // What it shows at `time`.
  Duration Read(Duration time) const { return time + At(time); }
};

// What a cache of the node goes by.
struct NodeTimes {
  NodeClock clock;
  Duration purged = Duration::min();  // when its answers were purged last; none were

  // Whether what was stored at a time of its clock was there before that.
  bool IsPurged(Duration stored_at, Duration now) const {
    return purged != Duration::min() && stored_at <= purged + clock.At(now);
  }
};

}  // namespace terrella::sim
