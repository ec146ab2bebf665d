#include "dns_router/policy/flap_damping.h"

#include <algorithm>
#include <cmath>

namespace terrella::dns {
namespace {

double Seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

double FlapDamping::PenaltyAt(MonotonicTime now) const {
  return penalty_ * std::exp2(-Seconds(now - at_) / Seconds(options_.half_life));
}

void FlapDamping::Fall(MonotonicTime now) {
  const double ceiling =
      options_.reuse_below * std::exp2(Seconds(options_.out_max) / Seconds(options_.half_life));
  penalty_ = std::min(PenaltyAt(now) + options_.penalty_per_fall, ceiling);
  at_ = now;
  ++falls_;
  if (penalty_ > options_.suppress_at) suppressed_ = true;
}

bool FlapDamping::IsSuppressed(MonotonicTime now) {
  if (suppressed_ && PenaltyAt(now) <= options_.reuse_below) suppressed_ = false;
  return suppressed_;
}

std::optional<MonotonicTime> FlapDamping::suppressed_until(MonotonicTime now) {
  if (!IsSuppressed(now)) return std::nullopt;
  return WhenBelow(options_.reuse_below);
}

MonotonicTime FlapDamping::WhenBelow(double penalty) const {
  if (penalty_ <= penalty) return at_;
  const double wait_s = std::log2(penalty_ / penalty) * Seconds(options_.half_life);
  // A millisecond late rather than a rounding error early.
  return at_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait_s)) +
         std::chrono::milliseconds(1);
}

}  // namespace terrella::dns
