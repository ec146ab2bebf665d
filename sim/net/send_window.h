// SendWindow: when the bytes that a sender has ready may leave, under TCP's congestion control.
//
// Time is cut in rounds of one round trip. In a round as many bytes leave as the window holds; a
// round that was filled doubles the window for the next (RFC 5681 section 3.1, with the initial
// window of RFC 6928), or, past half of where a loss was felt, adds a segment (congestion
// avoidance). A loss halves the window, a timeout leaves a segment or two of it. A sender that was
// silent for longer than its retransmission timeout starts again from the initial window (RFC 5681
// section 4.1). The window grows up to a maximum that stands for the receiver's.
//
// Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace terrella::net {

struct SendWindowOptions {
  size_t initial_bytes = 14'600;
  size_t bytes_max = 512 * 1024;
  size_t segment_bytes = 1'460;
  size_t loss_window_segments = 1;  // after OnTimeout
  // Added to the round trip: how long silence lasts until the window is forgotten (RFC 6298 asks
  // for at least 1 s in all, Linux takes 200 ms on top of the round trip).
  Duration restart_after = std::chrono::milliseconds(200);
};

class SendWindow {
 public:
  SendWindow(Duration rtt, const SendWindowOptions& options)
      : options_(options),
        rtt_(rtt),
        window_bytes_(options.initial_bytes),
        threshold_bytes_(options.bytes_max) {}

  struct Departure {
    MonotonicTime at;
    size_t bytes = 0;
  };
  // Of `bytes` (> 0) ready at `now`, those that leave together first: at least one byte, not before
  // any earlier departure. Call again for the rest.
  Departure Take(MonotonicTime now, size_t bytes);

  // What left last was lost in part and repaired by fast retransmit or a probe (RFC 5681 section
  // 3.2, RFC 9002 section 7.3.2).
  void OnLoss();
  // ... by the retransmission timer, which ran out `late` after the departure: until then nothing
  // leaves (RFC 5681 section 3.1). Over QUIC: in persistent congestion (RFC 9002 section 7.6.2).
  void OnTimeout(Duration late);

  size_t window_bytes() const { return window_bytes_; }

 private:
  void LowerThreshold();

  const SendWindowOptions options_;
  const Duration rtt_;
  size_t window_bytes_;
  size_t threshold_bytes_;  // where doubling ends
  size_t sent_in_round_ = 0;
  bool started_ = false;
  MonotonicTime round_start_{};
  MonotonicTime last_departure_{};
};

}  // namespace terrella::net
