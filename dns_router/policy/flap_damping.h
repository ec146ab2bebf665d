// FlapDamping: how long a node that came back is not yet believed: BGP's route flap damping
// (RFC 2439) for one node.
//
// Every fall adds a penalty, which halves with time. Up to `suppress_at` a node is believed as soon
// as it is back: one restart costs nobody anything. Beyond, it stays out until the penalty has
// decayed below `reuse_below`, so each further fall keeps it out longer, up to `out_max`. Going
// down is always believed at once.
//
//   penalty
//    4000 |        .--.                       never more than what decays in out_max
//         |     /\/    `-.
//    2500 |----/----------`-.---------- suppress_at
//         | /\/               `-.
//     750 |/--------------------`-.---- reuse_below: believed again
//         +----------------------------> time
//
// Thread: one. Pure: time is given.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace terrella::dns {

struct FlapDampingOptions {
  double penalty_per_fall = 1000;
  double suppress_at = 2500;
  double reuse_below = 750;
  Duration half_life = std::chrono::seconds(10);
  Duration out_max = std::chrono::seconds(60);
};

class FlapDamping {
 public:
  explicit FlapDamping(const FlapDampingOptions& options = {}) : options_(options) {}

  // The node was up and is not any more.
  void Fall(MonotonicTime now);
  // Whether the node, if it is up, is kept out all the same.
  bool IsSuppressed(MonotonicTime now);
  // When it will not be any more, if it does not fall again; none when it is not now.
  std::optional<MonotonicTime> suppressed_until(MonotonicTime now);
  // 0 for a node that has never fallen.
  double PenaltyAt(MonotonicTime now) const;
  uint64_t falls() const { return falls_; }
  MonotonicTime last_fall() const { return at_; }
  // From when on there is nothing to remember, if it does not fall again: half of reuse_below is
  // left.
  MonotonicTime forgotten_at() const { return WhenBelow(options_.reuse_below / 2); }

 private:
  MonotonicTime WhenBelow(double penalty) const;

  FlapDampingOptions options_;
  double penalty_ = 0;  // at `at_`
  MonotonicTime at_{};
  bool suppressed_ = false;
  uint64_t falls_ = 0;
};

}  // namespace terrella::dns
