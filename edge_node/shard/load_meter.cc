#include "edge_node/shard/load_meter.h"

#include <algorithm>
#include <utility>

namespace terrella::edge {

LoadMeter::LoadMeter(EventLoop& loop) : loop_(loop), since_(loop.Now()) {
  uv_loop_configure(loop_.uv(), UV_METRICS_IDLE_TIME);
  idle_ns_ = uv_metrics_idle_time(loop_.uv());
}

double LoadMeter::Take() {
  const MonotonicTime now = loop_.Now();
  const uint64_t idle_ns = uv_metrics_idle_time(loop_.uv());
  const auto idle_for = static_cast<double>(idle_ns - std::exchange(idle_ns_, idle_ns));
  const auto passed =
      static_cast<double>(std::chrono::nanoseconds(now - std::exchange(since_, now)).count());
  return passed <= 0 ? 0 : std::clamp(1 - idle_for / passed, 0.0, 1.0);
}

}  // namespace terrella::edge
