#include "sim/net/evening_queue.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"

namespace terrella::net {
namespace {

constexpr uint64_t kStream = 0x6576656e696e67;
constexpr double kPeakHour = 21, kHalfWidthHours = 4;

}  // namespace

double EveningPeakMs(const EveningOptions& options, uint64_t network) {
  CounterRandom random(options.seed, kStream, network);
  if (random.Uniform() >= options.congested_share) return 0;
  return std::min(options.peak_ms_median * std::exp(options.peak_log_sigma * random.Normal()),
                  kEveningPeakMsMax);
}

double EveningShape(double local_hour) {
  // The way round the clock that is shorter.
  double away = std::fmod(std::abs(local_hour - kPeakHour), 24);
  away = std::min(away, 24 - away);
  if (away >= kHalfWidthHours) return 0;
  const double cosine = std::cos(away / kHalfWidthHours * (std::numbers::pi / 2));
  return cosine * cosine;
}

double EveningQueueMs(const EveningOptions& options, uint64_t network, double hour_utc,
                      double longitude_deg) {
  const double shape = EveningShape(hour_utc + longitude_deg / 15);
  return shape <= 0 ? 0 : shape * EveningPeakMs(options, network);
}

}  // namespace terrella::net
