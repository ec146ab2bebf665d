// WanLane: what is under way in one direction of one stream: each message comes out when it is due,
// none before one that went in earlier.
//
// Thread: its loop's. Owns: what is under way; destroyed, it delivers nothing more.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "base/event_loop.h"

namespace terrella::control {

class WanLane {
 public:
  explicit WanLane(EventLoop& loop) : timer_(loop, [this] { DeliverNext(); }) {}

  // `deliver` may destroy the lane.
  void Carry(MonotonicTime due, std::function<void()> deliver);
  // Who carries bounds it.
  size_t under_way() const { return queue_.size(); }

 private:
  struct Message {
    MonotonicTime due;
    std::function<void()> deliver;
  };
  void DeliverNext();

  std::deque<Message> queue_;
  Timer timer_;
};

}  // namespace terrella::control
