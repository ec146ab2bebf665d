#include "sim/ingress/delay_line.h"

#include <utility>

#include "base/check.h"

namespace terrella::sim {

void DelayLine::Push(MonotonicTime now, std::string_view bytes) {
  CHECK(!end_);
  while (!bytes.empty()) {
    const LineTiming::Piece piece =
        timing_.Take(now, bytes.size(), [this] { return DrawJitter(); });
    pieces_.push_back({.due = piece.due, .bytes = std::string(bytes.substr(0, piece.bytes))});
    held_bytes_ += piece.bytes;
    CountHeld(static_cast<ptrdiff_t>(piece.bytes));
    bytes.remove_prefix(piece.bytes);
  }
}

void DelayLine::PushEnd(MonotonicTime now, End end) {
  if (end_) return;
  end_due_ = timing_.End(now, [this] { return DrawJitter(); });
  end_ = end;
}

std::optional<MonotonicTime> DelayLine::NextDue() const {
  if (!pieces_.empty()) return pieces_.front().due;
  if (end_ && !end_taken_) return end_due_;
  return std::nullopt;
}

std::string DelayLine::Pop() {
  CHECK(!pieces_.empty());
  std::string bytes = std::move(pieces_.front().bytes);
  pieces_.pop_front();
  held_bytes_ -= bytes.size();
  CountHeld(-static_cast<ptrdiff_t>(bytes.size()));
  return bytes;
}

}  // namespace terrella::sim
