#include "edge_node/runtime/watchdog.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "edge_node/runtime/escape.h"

namespace terrella::runtime {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kShortestSleepNs = 500'000;
// What V8 gets to honour a termination: a full collection of a large heap must fit.
constexpr int64_t kGraceNs = 1'000'000'000;
constexpr int64_t kRetryNs = 2'000'000;
enum Phase : uint64_t { kRunning = 1, kFiring = 2, kFired = 3 };
constexpr uint64_t kPhaseMask = 3;

int64_t SteadyNs() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

int64_t ReadClockNs(clockid_t clock) {
  timespec t;
  CHECK(clock_gettime(clock, &t) == 0);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

clockid_t ThisThreadClock() {
  thread_local clockid_t clock = [] {
    clockid_t id;
    CHECK(pthread_getcpuclockid(pthread_self(), &id) == 0);
    return id;
  }();
  return clock;
}

}  // namespace

Watchdog::Guard::Guard(Watchdog& watchdog, v8::Isolate* isolate)
    : watchdog_(watchdog), isolate_(isolate) {
  std::lock_guard lock(watchdog_.mutex_);
  watchdog_.guards_.push_back(this);
}

Watchdog::Guard::~Guard() {
  DCHECK(state_.load() == 0);
  std::lock_guard lock(watchdog_.mutex_);
  std::erase(watchdog_.guards_, this);
}

void Watchdog::Guard::Enter(const CpuMark& now, Duration budget) {
  deadline_cpu_ns_.store((now.cpu_max + budget).count(), std::memory_order_relaxed);
  clock_.store(ThisThreadClock(), std::memory_order_relaxed);
  thread_.store(pthread_self(), std::memory_order_relaxed);
  // Sequentially consistent with the watchdog's store to wake_at_ns_ and its second scan: either it
  // sees this entry or we see its bedtime.
  state_.store(++entries_ * 4 + kRunning);
  int64_t due = (now.steady + budget).count();  // CPU time cannot run faster than real time
  if (expired_.load()) due = 0;
  if (due < watchdog_.wake_at_ns_.load()) watchdog_.WakeBefore(due);
}

bool Watchdog::Guard::Leave() {
  uint64_t running = entries_ * 4 + kRunning;
  if (state_.compare_exchange_strong(running, 0)) return false;
  while ((state_.load(std::memory_order_acquire) & kPhaseMask) != kFired) std::this_thread::yield();
  state_.store(0);
  return true;
}

// As Enter, the other way round: either Scan sees the entry or the entry sees this.
void Watchdog::Guard::Expire() {
  expired_.store(true);
  watchdog_.WakeBefore(0);
}

Watchdog::Watchdog() : wake_at_ns_(kNever), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    CHECK(guards_.empty());
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::WakeBefore(int64_t due_ns) {
  std::lock_guard lock(mutex_);
  if (due_ns >= wake_at_ns_.load()) return;
  wake_at_ns_.store(due_ns);
  changed_.notify_one();
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    int64_t next = Scan();
    wake_at_ns_.store(next);
    next = std::min(next, Scan());  // an Enter may have read the bedtime before this one
    wake_at_ns_.store(next);
    // WakeBefore may move the moment while this waits: it is read anew each time.
    while (!stop_ && SteadyNs() < wake_at_ns_.load()) {
      int64_t until = wake_at_ns_.load();
      if (until == kNever) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, std::chrono::steady_clock::time_point(Duration(until)));
      }
    }
  }
}

int64_t Watchdog::Scan() {
  int64_t next = kNever;
  for (Guard* guard : guards_) {
    uint64_t state = guard->state_.load();
    if (state == 0) continue;
    int64_t left = guard->deadline_cpu_ns_.load(std::memory_order_relaxed) -
                   ReadClockNs(guard->clock_.load(std::memory_order_relaxed));
    if ((state & kPhaseMask) == kFired) {
      if (left < -kGraceNs) AskToEscape(guard->thread_.load(std::memory_order_relaxed));
      next = std::min(next, SteadyNs() + std::max(left + kGraceNs, kRetryNs));
      continue;
    }
    if (left > 0 && !guard->expired_.load()) {
      next = std::min(next, SteadyNs() + std::max(left, kShortestSleepNs));
      continue;
    }
    uint64_t entry = state & ~kPhaseMask;
    if (!guard->state_.compare_exchange_strong(state, entry | kFiring)) continue;
    guard->isolate_->TerminateExecution();
    guard->state_.store(entry | kFired, std::memory_order_release);
    next = std::min(next, SteadyNs() + kGraceNs);
  }
  return next;
}

}  // namespace terrella::runtime
