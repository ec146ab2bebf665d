// DelayLine: one direction of a connection across the simulated world: bytes go in when their
// sender hands them over and come out when they would have arrived.
//
// line_timing.h says when that is. The line knows no sockets: its owner asks when the next piece is
// due. What it holds is bounded by the owner, who stops reading from the sender when held_bytes()
// is too much.
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
#include "sim/ingress/line_timing.h"

namespace terrella::sim {

struct DelayLineOptions {
  LineOptions line;
  // Counts what all lines of a process hold; may be null, else outlives the line.
  size_t* held_in_all = nullptr;
  // Extra delay of one way. Empty: none.
  std::function<Duration()> draw_jitter;
};

class DelayLine {
 public:
  explicit DelayLine(DelayLineOptions options)
      : options_(std::move(options)), timing_(options_.line) {}
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
  Duration DrawJitter() const {
    return options_.draw_jitter ? options_.draw_jitter() : Duration(0);
  }
  void CountHeld(ptrdiff_t change) {
    if (options_.held_in_all != nullptr) *options_.held_in_all += static_cast<size_t>(change);
  }

  DelayLineOptions options_;
  LineTiming timing_;
  std::deque<Piece> pieces_;
  size_t held_bytes_ = 0;
  std::optional<End> end_;
  bool end_taken_ = false;
  MonotonicTime end_due_{};
};

}  // namespace terrella::sim
