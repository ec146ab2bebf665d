// FaultSignals: orders of an operator of the same machine to make a node's disk slow or its clock
// wrong: two real-time signals that carry a number of milliseconds (sigqueue).
//
//   SIGRTMIN + 1   each read or write of the disk takes so much longer; 0: none does
//   SIGRTMIN + 2   the wall clock is so far ahead; negative: behind; 0: it is right
//
// A signal can be sent by nobody but the same user, needs no port, and is there when the control
// plane is not. A number outside of what DiskPace and SkewedClock take, or a signal without one, is
// told in the log and changes nothing.
//
// The loop reads them, and so does whoever waits for a slow disk: the loop's own thread may.
//
// Thread: Block before any other is started, so that all inherit it; the rest on the loop's.
#pragma once

#include <uv.h>

#include <mutex>

#include "base/event_loop.h"
#include "edge_node/faults/node_faults.h"

namespace terrella::edge {

class FaultSignals {
 public:
  // Without it the first of these signals ends the process. Those sent before there is a
  // FaultSignals wait for it.
  static void Block();

  // `faults` outlives it.
  FaultSignals(EventLoop& loop, NodeFaults& faults);
  ~FaultSignals();
  FaultSignals(const FaultSignals&) = delete;
  FaultSignals& operator=(const FaultSignals&) = delete;

 private:
  void Read();
  void OnDisk(Duration delay);
  void OnClock(Duration skew);

  NodeFaults& faults_;
  std::mutex mutex_;  // one reads: orders are carried out as they came
  int fd_ = -1;
  uv_poll_t* poll_ = nullptr;  // freed by its close callback
};

}  // namespace terrella::edge
