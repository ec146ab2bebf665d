// SnapshotCell: where the snapshot in use is handed from the thread that builds it to those that
// answer.
//
// A reader keeps its own reference and looks at one counter to see whether it is still current, so
// the lock is taken once a change and not once a query.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "dns_router/policy/snapshot.h"

namespace terrella::dns {

class SnapshotCell {  // Thread: any.
 public:
  void Set(std::shared_ptr<const Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);
    version_.fetch_add(1, std::memory_order_release);
  }
  // Null before the first Set.
  std::shared_ptr<const Snapshot> Get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot>
      snapshot_;  // guarded by mutex_; shared with readers in mid-answer
  std::atomic<uint64_t> version_{0};
};

class SnapshotReader {  // Thread: one.
 public:
  explicit SnapshotReader(const SnapshotCell& cell) : cell_(cell) {}
  // The snapshot in use; valid until the next call. Null before the first.
  const Snapshot* Current() {
    if (const uint64_t version = cell_.version(); version != version_) {
      snapshot_ = cell_.Get();
      version_ = version;
    }
    return snapshot_.get();
  }

 private:
  const SnapshotCell& cell_;
  uint64_t version_ = 0;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace terrella::dns
