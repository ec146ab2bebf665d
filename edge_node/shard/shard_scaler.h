// ShardScaler: how many shards a node should have, by how busy those are that it has.
//
// A shard is one thread, so a node serves more at once only with more of them; but each has
// isolates of its own, and on a machine with three hundred nodes memory is what there is least of.
// So one is added when the shards' threads have been busy for a while, and one goes when the others
// have had room for its work for much longer:
//
//   grow    mean of the busy shares      >= grow_above    for grow_after
//   shrink  their sum over one shard less <= shrink_below  for shrink_after
//
// What a step leads to lies between the marks: after growing, the sum over one shard less is what
// the mean was before, and after shrinking the mean is shrink_below at most. So a steady load makes
// no shard come and go. One step at a time, and both spells begin anew after it.
//
// Leaves out: how shards come and go (ShardSet), and whether the machine has a core for one more.
//
// Thread: one. Invariants: never below min or above max; shrink_below < grow_above.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::edge {

struct ShardRange {
  size_t min = 1;
  size_t max = 1;

  bool is_fixed() const { return min == max; }
  // "4" or "1..4", from 1 to 64. InvalidArgument with what was expected.
  static absl::StatusOr<ShardRange> Parse(std::string_view text);
};

struct ScalerLimits {
  double grow_above = 0.75;
  Duration grow_after = std::chrono::milliseconds(1500);
  double shrink_below = 0.5;
  Duration shrink_after = std::chrono::seconds(10);
  Duration retry_after = std::chrono::seconds(30);  // a shard that could not start
};

class ShardScaler {
 public:
  enum class Step { kStay, kGrow, kShrink };

  explicit ShardScaler(ShardRange range, ScalerLimits limits = {});

  // `busy`: the sum of what shares of the time the `shards` that serve were busy since the last
  // look, 0 to 1 each. What it says is expected to be done.
  Step Look(MonotonicTime now, size_t shards, double busy);
  // What it said last could not be done.
  void Failed(MonotonicTime now) { not_before_ = now + limits_.retry_after; }

 private:
  // How long a condition has held without a break.
  class Spell {
   public:
    Duration Note(MonotonicTime now, bool holds);
    void Forget() { since_.reset(); }

   private:
    std::optional<MonotonicTime> since_;
  };

  Step Take(Step step);

  const ShardRange range_;
  const ScalerLimits limits_;
  Spell busy_, quiet_;
  MonotonicTime not_before_{};
};

}  // namespace terrella::edge
