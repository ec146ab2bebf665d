// DiskPace: how much longer than usual one read or write of a node's disk takes.
//
// An operator, or a scenario, makes a disk slow to see who feels it. The threads that read and
// write files wait here beside the real work, so that queues grow where a slow disk makes them
// grow: behind the few threads that may read at once, behind the one that writes. A node asks it
// for whatever its own memory does not hold: what the kernel keeps in memory counts as the disk's,
// because the nodes of a machine share more of that than a machine of their own would give each.
//
// Leaves out: bandwidth, errors, and reads that SQLite answers from its own pages.
//
// Thread: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "base/clock.h"

namespace terrella::edge {

class DiskPace {
 public:
  static constexpr Duration kDelayMax = std::chrono::seconds(10);

  // Of each read or write from now on; 0: none. Whoever waits when it becomes 0 goes on at once.
  void SetDelay(Duration delay) { delay_ns_.store(delay.count(), std::memory_order_relaxed); }
  Duration delay() const { return Duration(delay_ns_.load(std::memory_order_relaxed)); }
  bool is_slow() const { return delay() > Duration(0); }

  // Whoever waits calls it now and then, one at a time: an order to be quick again may be for the
  // very thread that waits. Returns when no call of the one before is under way.
  void set_look(std::function<void()> look);

  // Holds the calling thread up for as long as one read or write takes longer now.
  void Wait() const;

 private:
  std::atomic<int64_t> delay_ns_ = 0;
  mutable std::mutex mutex_;  // of look_
  std::function<void()> look_;
};

// Of a part of the node that may stand alone, in tests and tools: null waits for nothing.
inline void WaitFor(const DiskPace* pace) {
  if (pace != nullptr) pace->Wait();
}

}  // namespace terrella::edge
