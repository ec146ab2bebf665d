#include "control_plane/api/call_pool.h"

#include <utility>

namespace terrella::control {

CallPool::CallPool(const CallPoolOptions& options) : waiting_max_(options.waiting_max) {
  for (size_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Serve(); });
}

CallPool::~CallPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool CallPool::Run(std::function<void()> call) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(call));
  }
  changed_.notify_one();
  return true;
}

void CallPool::Serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::function<void()> call = std::exchange(waiting_.front(), {});
    waiting_.pop_front();
    lock.unlock();
    call();
    lock.lock();
  }
}

}  // namespace terrella::control
