#include "sim/ingress/delay_line.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace terrella::sim {

void DelayLine::Push(MonotonicTime now, std::string_view bytes) {
  CHECK(!end_);
  now = std::max(now, options_.ready_at);
  while (!bytes.empty()) {
    net::SendWindow::Departure departure = window_.Take(now, bytes.size());
    last_departure_ = departure.at;
    pieces_.push_back(
        {.due = ArrivalOf(departure.at), .bytes = std::string(bytes.substr(0, departure.bytes))});
    held_bytes_ += departure.bytes;
    CountHeld(static_cast<ptrdiff_t>(departure.bytes));
    bytes.remove_prefix(departure.bytes);
  }
}

void DelayLine::PushEnd(MonotonicTime now, End end) {
  if (end_) return;
  end_due_ = ArrivalOf(std::max({now, options_.ready_at, last_departure_}));
  end_ = end;
}

MonotonicTime DelayLine::ArrivalOf(MonotonicTime departure) {
  if (options_.draw_jitter &&
      (!jitter_drawn_at_ || departure - *jitter_drawn_at_ >= options_.rtt)) {
    jitter_ = options_.draw_jitter();
    jitter_drawn_at_ = departure;
  }
  last_due_ = std::max(last_due_, departure + options_.rtt / 2 + jitter_);
  return last_due_;
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
