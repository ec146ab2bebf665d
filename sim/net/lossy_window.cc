#include "sim/net/lossy_window.h"

#include <algorithm>

namespace terrella::net {

LossyWindow::Departure LossyWindow::Take(MonotonicTime now, size_t bytes) {
  if (rest_.bytes > 0) {
    Departure out = rest_;
    out.bytes = std::min(out.bytes, bytes);
    rest_.bytes -= out.bytes;
    return out;
  }
  const SendWindow::Departure left = window_.Take(now, bytes);
  Departure out{.at = left.at, .bytes = left.bytes};
  if (!recovery_) return out;
  const size_t packets = (left.bytes + segment_bytes_ - 1) / segment_bytes_;
  const auto repair = recovery_->DrawFlight(packets);
  if (!repair) return out;
  ++repairs_;
  if (repair->timeout) {
    window_.OnTimeout(repair->late);
  } else {
    window_.OnLoss();
  }
  const size_t in_time = std::min(repair->first_lost * segment_bytes_, left.bytes);
  if (in_time == 0) {
    out.late = repair->late;
    return out;
  }
  out.bytes = in_time;
  rest_ = {.at = left.at, .bytes = left.bytes - in_time, .late = repair->late};
  return out;
}

}  // namespace terrella::net
