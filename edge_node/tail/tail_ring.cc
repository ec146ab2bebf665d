#include "edge_node/tail/tail_ring.h"

#include <utility>

namespace terrella::edge {

bool TailRing::Push(v1::TailEvent event) {
  const size_t bytes = event.ByteSizeLong();
  std::lock_guard lock(mutex_);
  if (events_.size() >= limits_.events_max || bytes_ + bytes > limits_.bytes_max) return false;
  bytes_ += bytes;
  events_.push_back(std::move(event));
  size_.store(events_.size(), std::memory_order_relaxed);
  return true;
}

std::vector<v1::TailEvent> TailRing::Take() {
  std::lock_guard lock(mutex_);
  bytes_ = 0;
  size_.store(0, std::memory_order_relaxed);
  return std::exchange(events_, {});
}

}  // namespace terrella::edge
