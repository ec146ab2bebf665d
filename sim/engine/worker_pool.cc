#include "sim/engine/worker_pool.h"

#include "base/check.h"

namespace terrella::sim {

WorkerPool::WorkerPool(int threads) {
  CHECK(threads >= 1);
  for (int i = 1; i < threads; ++i) threads_.emplace_back([this] { Serve(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  begin_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::ForEach(size_t count, const std::function<void(size_t)>& work) {
  {
    std::lock_guard lock(mutex_);
    work_ = &work;
    count_ = count;
    next_ = 0;
    busy_ = threads_.size();
    ++round_;
  }
  begin_.notify_all();
  Take();
  std::unique_lock lock(mutex_);
  end_.wait(lock, [this] { return busy_ == 0; });
}

void WorkerPool::Take() {
  for (size_t index = next_++; index < count_; index = next_++) (*work_)(index);
}

void WorkerPool::Serve() {
  uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    begin_.wait(lock, [&] { return stop_ || round_ != seen; });
    if (stop_) return;
    seen = round_;
    lock.unlock();
    Take();
    lock.lock();
    if (--busy_ == 0) end_.notify_one();
  }
}

}  // namespace terrella::sim
