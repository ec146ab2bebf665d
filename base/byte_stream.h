// ByteStream: a connection's bytes both ways, with back-pressure, whatever carries them: TCP, or
// TLS over it.
//
// It is owned by whoever reads it. Destroying it closes it at once (unsent bytes are lost) and no
// callback follows.
//
// Thread: the loop's. Invariants: after OnError no further callback is made.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace terrella {

class ByteStream {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // `bytes` is valid during the call only. May destroy the stream.
    virtual void OnRead(std::string_view bytes) = 0;
    // The peer will send no more; writing still works.
    virtual void OnReadEof() = 0;
    // The write queue has become empty after Write had to queue.
    virtual void OnWriteDrained() {}
    // The connection is broken (or could not be made). May destroy the stream.
    virtual void OnError(const absl::Status& status) = 0;
  };

  virtual ~ByteStream() = default;
  // Must be called before StartReading; the observer outlives the stream or replaces itself.
  virtual void set_observer(Observer* observer) = 0;
  virtual void StartReading() = 0;
  virtual void PauseReading() = 0;
  virtual bool reading() const = 0;
  // Writes both pieces in order, and keeps a copy of what cannot be sent yet.
  virtual void Write(std::string_view first, std::string_view second = {}) = 0;
  virtual size_t write_queue_bytes() const = 0;
  // Ends our direction after the queue.
  virtual void ShutdownWrite() = 0;
  // Sends the queue, ends our direction and waits a while for the peer to end its own, all by
  // itself. Nothing but destruction may follow.
  virtual void Linger() = 0;
  // Closes at once and so that the peer sees a broken connection, not an end. Nothing but
  // destruction may follow.
  virtual void Break() = 0;
};

}  // namespace terrella
