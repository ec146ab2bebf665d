// PendingCalls: counts calls that gRPC still holds, so that nothing is freed under it.
//
// Thread: any.
#pragma once

#include <condition_variable>
#include <mutex>

namespace terrella::edge {

class PendingCalls {
 public:
  void Add() {
    std::lock_guard lock(mutex_);
    ++count_;
  }
  void Remove() {
    std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void WaitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  size_t count_ = 0;
};

}  // namespace terrella::edge
