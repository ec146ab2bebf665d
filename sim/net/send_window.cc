#include "sim/net/send_window.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::net {

SendWindow::Departure SendWindow::Take(MonotonicTime now, size_t bytes) {
  CHECK(bytes > 0 && options_.initial_bytes > 0 && options_.initial_bytes <= options_.bytes_max);
  now = started_ ? std::max(now, last_departure_) : now;
  if (started_ && now - last_departure_ > rtt_ + options_.restart_after) {
    window_bytes_ = std::min(options_.initial_bytes, window_bytes_);
    started_ = false;
  }
  bool filled = started_ && sent_in_round_ >= window_bytes_;
  if (filled) now = std::max(now, round_start_ + rtt_);
  if (!started_ || now >= round_start_ + rtt_) {
    if (filled) {
      const size_t wanted = window_bytes_ < threshold_bytes_
                                ? std::min(2 * window_bytes_, threshold_bytes_)
                                : window_bytes_ + options_.segment_bytes;
      window_bytes_ = std::min(wanted, options_.bytes_max);
    }
    started_ = true;
    round_start_ = now;
    sent_in_round_ = 0;
  }
  size_t taken = std::min(bytes, window_bytes_ - sent_in_round_);
  sent_in_round_ += taken;
  last_departure_ = now;
  return {.at = now, .bytes = taken};
}

void SendWindow::LowerThreshold() {
  threshold_bytes_ =
      std::min(std::max(window_bytes_ / 2, 2 * options_.segment_bytes), options_.bytes_max);
}

void SendWindow::OnLoss() {
  LowerThreshold();
  window_bytes_ = threshold_bytes_;
}

void SendWindow::OnTimeout(Duration late) {
  LowerThreshold();
  window_bytes_ =
      std::min(options_.loss_window_segments * options_.segment_bytes, options_.bytes_max);
  started_ = true;
  last_departure_ += late;
  round_start_ = last_departure_;
  sent_in_round_ = 0;
}

}  // namespace terrella::net
