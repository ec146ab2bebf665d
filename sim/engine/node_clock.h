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

}  // namespace terrella::sim
