#include "edge_node/runtime/cpu_clock.h"

#include <time.h>

#include <algorithm>

#include "base/check.h"

namespace terrella::runtime {
namespace {

// Shorter than a scheduler's time slice.
constexpr Duration kChargedAsRealTime = std::chrono::microseconds(200);

Duration SteadyNow() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

thread_local CpuMark asked;  // when the kernel was asked last, and what it said

}  // namespace

Duration ThreadCpuTime() {
  timespec t;
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
  return Duration(int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec);
}

CpuMark MarkCpu() {
  Duration now = SteadyNow();
  if (now - asked.steady > kCpuSlack) asked = {now, ThreadCpuTime()};
  return {now, asked.cpu_max + (now - asked.steady)};
}

Duration CpuSince(const CpuMark& mark) {
  Duration now = SteadyNow();
  Duration real = now - mark.steady;
  if (real <= kChargedAsRealTime) return real;
  asked = {now, ThreadCpuTime()};
  return std::clamp(asked.cpu_max - mark.cpu_max, Duration(0), real);
}

}  // namespace terrella::runtime
