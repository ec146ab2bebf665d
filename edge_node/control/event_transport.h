// EventTransport: the wire of a node's attendance, as the event agent sees it: one stream of
// messages each way.
//
// Thread: everything is called, and calls back, on the control loop's thread.
// Invariants: after Close or OnStreamClosed nothing of that stream is heard any more.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "terrella/v1/node_events.pb.h"

namespace terrella::edge {

class EventTransport {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnOrder(v1::NodeOrder order) = 0;
    // The stream is over, or could not be made.
    virtual void OnStreamClosed(const absl::Status& status) = 0;
  };

  virtual ~EventTransport() = default;
  virtual void set_observer(Observer* observer) = 0;
  // Opens a stream; the first message follows by Send. At most one stream at a time. A patient one
  // waits for a connection; another ends when there is none.
  virtual void Open(bool patient) = 0;
  virtual void Send(const v1::NodeEvent& event) = 0;
  // Messages the peer has not taken yet.
  virtual size_t unsent() const = 0;
  virtual void Close() = 0;
};

}  // namespace terrella::edge
