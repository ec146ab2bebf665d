// Watchdog: ends JavaScript that has used up its CPU budget.
//
// One thread a process. Every isolate has a Guard; entering JavaScript arms it with the CPU time
// that is left, leaving disarms it. The budget is read off the CPU clock of the thread that runs
// the isolate, so a busy machine does not shorten it. Arming costs no system call as long as the
// watchdog already sleeps towards an earlier moment; with nothing armed it sleeps without end.
//
// A built-in of V8 that does not look for the termination is left by force after a grace
// (escape.h).
//
// Thread: Guard::Enter and Leave on the isolate's thread; Expire on any, while the guard exists;
// the watchdog's own thread fires. Invariants: (1) TerminateExecution is called only while the
// entry it was meant for is still inside; (2) Leave returns after a firing that has begun is
// complete, and says so.
#pragma once

#include <pthread.h>
#include <v8.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "edge_node/runtime/cpu_clock.h"

namespace terrella::runtime {

class Watchdog {
 public:
  class Guard {
   public:
    Guard(Watchdog& watchdog, v8::Isolate* isolate);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    void Enter(const CpuMark& now, Duration budget);
    // True when the budget ran out and execution was terminated.
    bool Leave();
    // The same, while still inside. V8 forgets a termination once it has left the outermost call,
    // so native code that goes from one call to the next must ask here.
    bool fired() const { return (state_.load(std::memory_order_relaxed) & kFiredBit) != 0; }
    // No budget is left from now on, whatever was given or will be.
    void Expire();

   private:
    friend class Watchdog;
    static constexpr uint64_t kFiredBit = 2;  // of both phases that come after running
    Watchdog& watchdog_;
    v8::Isolate* isolate_;
    uint64_t entries_ = 0;
    std::atomic<uint64_t> state_{0};  // 0, or entry number * 4 + phase
    std::atomic<int64_t> deadline_cpu_ns_{0};
    std::atomic<bool> expired_{false};
    std::atomic<clockid_t> clock_{0};
    std::atomic<pthread_t> thread_{};
  };

  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void Run();
  // Fires what is due; returns when to look again (steady clock, ns), or the maximum.
  int64_t Scan();
  void WakeBefore(int64_t due_ns);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Guard*> guards_;  // guarded by mutex_
  bool stop_ = false;           // guarded by mutex_
  std::atomic<int64_t> wake_at_ns_;
  std::thread thread_;
};

}  // namespace terrella::runtime
