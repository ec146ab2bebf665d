// SyncTransport: the wire to a control plane, as the node agent sees it: one stream of messages
// each way and blob fetches beside it.
//
// Thread: everything is called, and calls back, on the control loop's thread.
// Invariants: after Close or OnStreamClosed nothing of that stream is heard any more; a fetch ends
// in its callback exactly once unless CancelFetches was called.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::edge {

class SyncTransport {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnPush(v1::Push push) = 0;
    // The stream is over, or could not be made.
    virtual void OnStreamClosed(const absl::Status& status) = 0;
  };
  // Bytes from the asked offset on (possibly fewer than there are, with the error that cut them).
  using FetchDone = std::function<void(absl::Status, std::string bytes)>;

  virtual ~SyncTransport() = default;
  virtual void set_observer(Observer* observer) = 0;
  // Opens a stream; the first message follows by Send. At most one stream at a time. A patient one
  // waits for a connection; another ends when there is none.
  virtual void Open(bool patient) = 0;
  virtual void Send(const v1::NodeMessage& message) = 0;
  // Messages the peer has not taken yet.
  virtual size_t unsent() const = 0;
  virtual void Close() = 0;
  // At most `bytes_max` bytes are taken.
  virtual void Fetch(const std::string& sha256, uint64_t offset, uint64_t bytes_max,
                     FetchDone done) = 0;
  virtual void CancelFetches() = 0;
};

}  // namespace terrella::edge
