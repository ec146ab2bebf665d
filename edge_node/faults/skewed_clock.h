// SkewedClock: the clock of a node whose wall time is wrong: ahead of the machine's or behind it.
//
// Everything of a node that asks what time it is reads this one: workers' Date, ages in the cache,
// expiry of KV, alarms, the Date of answers, times of what is watched. Durations and deadlines are
// by monotonic time, which no skew touches. What others judge stays by the machine's clock:
// certificates, and the lines of the process' log, by which an operator puts nodes side by side.
//
// Thread: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace terrella::edge {

class SkewedClock final : public Clock {
 public:
  // Either way. Enough for any expiry that people feel; less than a time that cannot be.
  static constexpr Duration kSkewMax = std::chrono::hours(1);

  MonotonicTime Now() const override { return machine_.Now(); }
  WallTime WallNow() const override { return machine_.WallNow() + skew(); }

  void SetSkew(Duration skew) { skew_ns_.store(skew.count(), std::memory_order_relaxed); }
  Duration skew() const { return Duration(skew_ns_.load(std::memory_order_relaxed)); }

 private:
  const SystemClock machine_;
  std::atomic<int64_t> skew_ns_ = 0;
};

}  // namespace terrella::edge
