// ControlThread: the node's second thread: a loop on which the control side lives (agent or dev
// source), so that disk, compiling and gRPC never hold up a request.
//
// Thread: Start and Stop on the main thread. Owns: loop and thread, and what `make` returned, which
// lives and dies on the thread.
#pragma once

#include <functional>
#include <memory>
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
    if (!thread_.joinable()) return;
    loop_.Stop();
    thread_.join();
  }
  EventLoop& loop() { return loop_; }

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace terrella::edge
