// LineTiming: when the bytes of one direction of a connection leave and when they arrive.
//
// A byte leaves when the connection stands (the handshake is over) and the send window has room for
// it, and arrives half a round trip later, plus jitter, plus what it takes to send it again when it
// gets lost. Order is kept whatever the jitter. Bytes are only counted here: a DelayLine holds
// them, and in virtual time there are none.
//
// Thread: one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "sim/net/lossy_window.h"

namespace terrella::sim {

struct LineOptions {
  Duration rtt{};
  MonotonicTime ready_at{};  // no byte leaves before
  net::SendWindowOptions window;
  std::optional<net::LossRecovery> recovery;  // none: nothing gets lost
};

class LineTiming {
 public:
  explicit LineTiming(const LineOptions& options)
      : rtt_(options.rtt),
        ready_at_(options.ready_at),
        window_(options.rtt, options.window, options.recovery) {}

  struct Piece {
    MonotonicTime due;  // arrival
    size_t bytes = 0;
  };
  // Of `bytes` (> 0) handed over at `now`, those that arrive together first; call again for the
  // rest. `draw_jitter()` gives the extra delay of one way as a Duration; it is called at most once
  // a round trip, so that a burst shares one draw.
  template <class DrawJitter>
  Piece Take(MonotonicTime now, size_t bytes, DrawJitter&& draw_jitter) {
    const net::LossyWindow::Departure out = window_.Take(std::max(now, ready_at_), bytes);
    last_departure_ = out.at;
    return {ArrivalOf(out.at, out.late, draw_jitter), out.bytes};
  }
  // When the end arrives of a sender that says it at `now`.
  template <class DrawJitter>
  MonotonicTime End(MonotonicTime now, DrawJitter&& draw_jitter) {
    return ArrivalOf(std::max({now, ready_at_, last_departure_}), Duration(0), draw_jitter);
  }

 private:
  template <class DrawJitter>
  MonotonicTime ArrivalOf(MonotonicTime departure, Duration late, DrawJitter& draw_jitter) {
    if (!jitter_drawn_at_ || departure - *jitter_drawn_at_ >= rtt_) {
      jitter_ = draw_jitter();
      jitter_drawn_at_ = departure;
    }
    last_due_ = std::max(last_due_, departure + rtt_ / 2 + jitter_ + late);
    return last_due_;
  }

  Duration rtt_;
  MonotonicTime ready_at_;
  net::LossyWindow window_;
  MonotonicTime last_departure_{};
  MonotonicTime last_due_{};
  Duration jitter_{};
  std::optional<MonotonicTime> jitter_drawn_at_;
};

}  // namespace terrella::sim
