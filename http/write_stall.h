// WriteStall: notices a peer that has stopped taking what is written to it.
//
// The clock runs while bytes wait to be taken; when it runs out, any byte taken since it began to
// run starts it again, and none is a stall. A slow peer is no stall.
//
// Thread: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace terrella::http {

class WriteStall {
 public:
  // `bytes` were handed to the socket.
  void Sent(size_t bytes) { sent_bytes_ += bytes; }

  // When to look again, max() when nothing waits; `queue_bytes` still wait, and `allowed` is how
  // long none of them need be taken. The clock is read only when it begins to run.
  MonotonicTime NextDue(const Clock& clock, size_t queue_bytes, Duration allowed) {
    if (queue_bytes == 0) {
      due_ = MonotonicTime::max();
    } else if (due_ == MonotonicTime::max()) {
      due_ = clock.Now() + allowed;
      taken_bytes_ = sent_bytes_ - queue_bytes;
    }
    return due_;
  }

  // True when time has run out and nothing was taken. NextDue goes on from here otherwise.
  bool Expired(MonotonicTime now, size_t queue_bytes) {
    if (due_ > now) return false;
    if (sent_bytes_ - queue_bytes == taken_bytes_) return true;
    due_ = MonotonicTime::max();
    return false;
  }

 private:
  MonotonicTime due_ = MonotonicTime::max();
  uint64_t sent_bytes_ = 0;   // ever handed over
  uint64_t taken_bytes_ = 0;  // of these, taken when the clock began to run
};

}  // namespace terrella::http
