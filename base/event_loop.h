// EventLoop: one thread's reactor over libuv, with a mailbox for other threads and timers exact to
// microseconds.
//
// libuv's own timers tick in whole milliseconds, which would be felt in injected latencies, so all
// timers of a loop share one timerfd. Handles of sockets live in base/tcp.h and base/udp.h.
//
// Thread: everything is called on the loop's own thread, except Post and Stop, which any thread may
// call
//         as long as the loop exists.
// Invariants: (1) tasks posted by one thread run in their order; (2) timers due at the same moment
// fire
//         in the order they were started.
#pragma once

#include <uv.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace terrella {

// What the `data` of every libuv socket handle points to, so that the loop can end those that
// linger.
class SocketHandle {
 public:
  virtual ~SocketHandle() = default;
  virtual void CloseNow() = 0;
};

class EventLoop {
 public:
  EventLoop();
  // Closes connections that still linger; every Timer, listener and owned connection must be gone
  // by now.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until Stop.
  void Run();
  // Runs what is ready now and returns; for tests and for `--script`, which ends when idle.
  void RunOnce();
  void Stop();
  // Runs `task` on the loop's thread. The mailbox is unbounded: senders bound what they have in
  // flight.
  void Post(std::function<void()> task);
  // Runs `task` in this turn, once what is on the stack has returned and before the loop waits
  // again. This thread only; costs no system call.
  void Defer(std::function<void()> task);
  // True when a timer is waiting.
  bool HasTimers() const { return !timers_.empty(); }

  MonotonicTime Now() const { return clock_.Now(); }
  // When this turn of the loop began, to the millisecond; costs no look at the clock.
  MonotonicTime TurnTime() const {
    return MonotonicTime(std::chrono::milliseconds(uv_now(&loop_)));
  }
  const Clock& clock() const { return clock_; }
  uv_loop_t* uv() { return &loop_; }

 private:
  friend class Timer;
  using TimerKey = std::pair<MonotonicTime, uint64_t>;

  void WakeUp();
  void DrainMailbox();
  void RunDeferred();
  void FireTimers();
  void ArmTimerFd();
  TimerKey AddTimer(MonotonicTime due, class Timer* timer);
  void RemoveTimer(const TimerKey& key);

  uv_loop_t loop_;
  uv_poll_t wakeup_;
  uv_check_t after_poll_;  // runs what is deferred
  uv_idle_t keeps_awake_;  // active while something is
  uv_poll_t timer_poll_;
  int wakeup_fd_, timer_fd_;
  SystemClock clock_;
  std::map<TimerKey, class Timer*> timers_;
  uint64_t next_timer_id_ = 0;
  MonotonicTime armed_for_ = MonotonicTime::max();
  bool firing_ = false;
  std::vector<std::function<void()>> deferred_;

  std::mutex mutex_;
  std::vector<std::function<void()>> mailbox_;  // guarded by mutex_
  bool stop_ = false;                           // guarded by mutex_
};

// Timer: a callback at a moment, on its loop's thread. Destroying it cancels it, also from its own
// callback's effects; Start replaces an earlier Start.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> callback)
      : loop_(loop), callback_(std::move(callback)) {}
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Start(Duration delay) { StartAt(loop_.Now() + delay); }
  void StartAt(MonotonicTime due);
  void Stop();
  bool active() const { return active_; }

 private:
  friend class EventLoop;
  EventLoop& loop_;
  std::function<void()> callback_;
  EventLoop::TimerKey key_{};
  bool active_ = false;
};

}  // namespace terrella
