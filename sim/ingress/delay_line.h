// DelayLine: one direction of a connection across the simulated world: bytes go in when their
// sender hands them over and come out when they would have arrived.
//
// A byte leaves when the connection stands (the handshake is over) and the send window has room for
// it, and arrives half a round trip later, plus jitter. Order is kept whatever the jitter. The line
// knows no sockets: its owner asks when the next piece is due. What it holds is bounded by the
// owner, who stops reading from the sender when held_bytes() is too much.
//
// Thread: one. Invariants: pieces come out in the order they went in, never early.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "sim/net/send_window.h"

namespace terrella::sim {

struct DelayLineOptions {
  Duration rtt{};
  MonotonicTime ready_at{};  // no byte leaves before
  net::SendWindowOptions window;
  // Counts what all lines of a process hold; may be null, else outlives the line.
  size_t* held_in_all = nullptr;
  // Extra delay of one way; called at most once a round trip, so that a burst shares one draw.
  // Empty: none.
  std::function<Duration()> draw_jitter;
};

class DelayLine {
 public:
  explicit DelayLine(DelayLineOptions options)
      : options_(std::move(options)), window_(options_.rtt, options_.window) {}
  ~DelayLine() { CountHeld(-static_cast<ptrdiff_t>(held_bytes_)); }
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  enum class End { kFin, kReset };

  void Push(MonotonicTime now, std::string_view bytes);
  // The sender's last word; nothing may follow. A FIN arrives after all bytes, a reset too (bytes
  // on the wire are not lost with their sender).
  void PushEnd(MonotonicTime now, End end);
  bool ended() const { return end_.has_value(); }

  // When the next piece or the end is due; nothing when the line is empty.
  std::optional<MonotonicTime> NextDue() const;
  // Removes the first piece and returns its bytes; call when NextDue() has come and bytes are held.
  std::string Pop();
  bool has_bytes() const { return !pieces_.empty(); }
  // What remains, after ended(), when no bytes are held.
  End end() const { return *end_; }
  void TakeEnd() { end_taken_ = true; }
  bool end_taken() const { return end_taken_; }

  size_t held_bytes() const { return held_bytes_; }

 private:
  struct Piece {
    MonotonicTime due;
    std::string bytes;
  };
  MonotonicTime ArrivalOf(MonotonicTime departure);
  void CountHeld(ptrdiff_t change) {
    if (options_.held_in_all != nullptr) *options_.held_in_all += static_cast<size_t>(change);
  }

  DelayLineOptions options_;
  net::SendWindow window_;
  std::deque<Piece> pieces_;
  size_t held_bytes_ = 0;
  std::optional<End> end_;
  bool end_taken_ = false;
  MonotonicTime end_due_{};
  MonotonicTime last_departure_{};
  MonotonicTime last_due_{};
  Duration jitter_{};
  std::optional<MonotonicTime> jitter_drawn_at_;
};

}  // namespace terrella::sim
