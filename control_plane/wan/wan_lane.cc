#include "control_plane/wan/wan_lane.h"

#include <algorithm>
#include <utility>

namespace terrella::control {

void WanLane::Carry(MonotonicTime due, std::function<void()> deliver) {
  if (!queue_.empty()) due = std::max(due, queue_.back().due);
  queue_.push_back({due, std::move(deliver)});
  if (queue_.size() == 1) timer_.StartAt(due);
}

void WanLane::DeliverNext() {
  const std::function<void()> deliver = std::move(queue_.front().deliver);
  queue_.pop_front();
  if (!queue_.empty()) timer_.StartAt(queue_.front().due);
  deliver();  // last: this may be gone after it
}

}  // namespace terrella::control
