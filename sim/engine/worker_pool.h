// WorkerPool: a few threads that do one thing at a time together: run a function for every index of
// a range.
//
// Indices are handed out as threads become free, so which thread does what differs from run to run:
// functions must write only to what belongs to their index.
//
// Thread: made and used by one. Owns: its threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace terrella::sim {

class WorkerPool {
 public:
  explicit WorkerPool(int threads);  // >= 1, the caller's included
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const { return static_cast<int>(threads_.size()) + 1; }
  // Returns when `work` was called for all of 0 .. count - 1.
  void ForEach(size_t count, const std::function<void(size_t)>& work);

 private:
  void Serve();
  void Take();

  std::mutex mutex_;
  std::condition_variable begin_, end_;
  uint64_t round_ = 0;                                 // guarded by mutex_
  size_t busy_ = 0;                                    // guarded by mutex_
  bool stop_ = false;                                  // guarded by mutex_
  const std::function<void(size_t)>* work_ = nullptr;  // set while no thread is busy
  size_t count_ = 0;                                   // as work_
  std::atomic<size_t> next_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace terrella::sim
