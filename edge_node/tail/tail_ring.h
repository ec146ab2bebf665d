// TailRing: events of a node's requests on their way to whoever watches. Full, it refuses: what is
// watched never waits for who watches, and what was refused is counted where it was wanted.
//
// Thread: any. Whoever watches nothing never touches it.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "terrella/v1/tail.pb.h"

namespace terrella::edge {

struct TailRingLimits {
  size_t events_max = 1000;
  size_t bytes_max = size_t{8} << 20;
};

class TailRing {
 public:
  explicit TailRing(const TailRingLimits& limits = {}) : limits_(limits) {}

  // A guess, without a lock: whether an event that is begun now has a chance.
  bool has_room() const { return size_.load(std::memory_order_relaxed) < limits_.events_max; }
  // False: it is full, and the event is gone.
  bool Push(v1::TailEvent event);
  // All events, the oldest first.
  std::vector<v1::TailEvent> Take();

 private:
  const TailRingLimits limits_;
  std::atomic<size_t> size_ = 0;
  std::mutex mutex_;  // guards everything below
  std::vector<v1::TailEvent> events_;
  size_t bytes_ = 0;
};

}  // namespace terrella::edge
