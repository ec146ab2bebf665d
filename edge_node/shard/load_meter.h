// LoadMeter: how busy a shard's thread is: the share of time it did not wait for something to do.
//
// That is what runs out first in a node, and it says so before clients wait: 1 is a thread that
// never rests. Requests in flight say nothing here, since most of them wait for somebody else; CPU
// time says too little, since a thread that others keep from running is busy all the same.
//
// Thread: the loop's; Take on any, but one.
#pragma once

#include "base/event_loop.h"

namespace terrella::edge {

class LoadMeter {
 public:
  // Before the loop runs for the first time; libuv counts how long it waits from then on.
  explicit LoadMeter(EventLoop& loop);
  // Since the last call, or the beginning: 0 to 1.
  double Take();

 private:
  EventLoop& loop_;
  MonotonicTime since_;
  uint64_t idle_ns_ = 0;  // until `since_`
};

}  // namespace terrella::edge
