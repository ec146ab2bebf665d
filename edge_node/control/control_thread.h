// ControlThread: the node's second thread: a loop on which the control side lives (agent or dev
// source), so that disk, compiling and gRPC never hold up a request.
//
// Held, it does nothing: to the control plane the node is silent, and nothing reaches the node.
// That is a partition with the control plane, for tests and scenarios; the thread that serves knows
// nothing of it.
//
// Thread: Start, Hold, Release and Stop on the main thread. Owns: loop and thread, and what `make`
// returned, which lives and dies on the thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/event_loop.h"

namespace terrella::edge {

class ControlThread {
 public:
  // The loop exists from the beginning, so that others may post to it.
  ControlThread() = default;
  ~ControlThread() { Stop(); }

  // `make` runs on the thread and returns what is to live there.
  void Start(std::function<std::shared_ptr<void>(EventLoop&)> make) {
    thread_ = std::thread([this, make = std::move(make)] {
      std::shared_ptr<void> resident = make(loop_);
      loop_.Run();
    });
  }
  void Stop() {
    Release();
    if (!thread_.joinable()) return;
    loop_.Stop();
    thread_.join();
  }
  void Hold() {
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(held_, true)) return;
    }
    loop_.Post([this] {
      std::unique_lock lock(mutex_);
      released_.wait(lock, [this] { return !held_; });
    });
  }
  void Release() {
    {
      std::lock_guard lock(mutex_);
      held_ = false;
    }
    released_.notify_all();
  }
  EventLoop& loop() { return loop_; }

 private:
  EventLoop loop_;
  std::mutex mutex_;
  std::condition_variable released_;
  bool held_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace terrella::edge
