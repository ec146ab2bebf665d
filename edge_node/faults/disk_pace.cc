#include "edge_node/faults/disk_pace.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace terrella::edge {
namespace {

// So late somebody notices at most that the disk is quick again.
constexpr Duration kSliceMax = std::chrono::milliseconds(20);

}  // namespace

void DiskPace::set_look(std::function<void()> look) {
  std::lock_guard lock(mutex_);
  look_ = std::move(look);
}

void DiskPace::Wait() const {
  const Duration delay = this->delay();
  if (delay <= Duration(0)) return;
  const SystemClock clock;
  const MonotonicTime until = clock.Now() + delay;
  for (MonotonicTime now = clock.Now(); now < until && is_slow(); now = clock.Now()) {
    {
      std::lock_guard lock(mutex_);
      if (look_) look_();
    }
    std::this_thread::sleep_for(std::min(until - now, kSliceMax));
  }
}

}  // namespace terrella::edge
