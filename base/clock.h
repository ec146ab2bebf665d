// Clock: where time comes from, so that policy runs the same live and in virtual time.
//
// MonotonicTime is for durations and deadlines; wall time is for what people read.
#pragma once

#include <chrono>
#include <cstdint>

namespace terrella {

using Duration = std::chrono::nanoseconds;
// Time since an arbitrary start; never goes back.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// Time since the Unix epoch.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

constexpr double ToMs(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}
constexpr Duration FromMs(double ms) {
  return Duration(static_cast<int64_t>(ms * 1e6));
}

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime Now() const = 0;
  virtual WallTime WallNow() const = 0;
};

// The machine's clocks. Thread: any.
class SystemClock final : public Clock {
 public:
  MonotonicTime Now() const override;
  WallTime WallNow() const override;
};

// A clock that a test or the virtual-time engine moves by hand. Thread: one.
class ManualClock final : public Clock {
 public:
  MonotonicTime Now() const override { return now_; }
  WallTime WallNow() const override { return WallTime(now_.time_since_epoch()); }
  void Advance(Duration by) { now_ += by; }

 private:
  MonotonicTime now_{};
};

}  // namespace terrella
