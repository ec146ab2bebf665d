// SharedCell: where an immutable value in use is handed from the thread that builds it to those
// that answer.
//
// A reader keeps its own reference and looks at one counter to see whether it is still current, so
// the lock is taken once a change and not once a query.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace terrella::dns {

template <class T>
class SharedCell {  // Thread: any.
 public:
  void Set(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
    version_.fetch_add(1, std::memory_order_release);
  }
  // Null before the first Set.
  std::shared_ptr<const T> Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // guarded by mutex_; shared with readers in mid-answer
  std::atomic<uint64_t> version_{0};
};

template <class T>
class SharedReader {  // Thread: one.
 public:
  explicit SharedReader(const SharedCell<T>& cell) : cell_(cell) {}
  // The value in use; valid until the next call. Null before the first.
  const T* Current() {
    if (const uint64_t version = cell_.version(); version != version_) {
      value_ = cell_.Get();
      version_ = version;
    }
    return value_.get();
  }

 private:
  const SharedCell<T>& cell_;
  uint64_t version_ = 0;
  std::shared_ptr<const T> value_;
};

}  // namespace terrella::dns
