#include "control_plane/registry/load_level.h"

#include <algorithm>
#include <cmath>

namespace terrella::control {
namespace {

constexpr double kHoldSteps = 1.2;    // how far from its level the load must be
constexpr double kTimeConstantS = 3;  // of the smoothing
constexpr double kLoadMax = 1;

}  // namespace

void LoadLevel::Observe(double load, MonotonicTime now) {
  load = load > 0 ? std::min(load, kLoadMax) : 0;  // also of NaN
  if (!seen_) {
    smooth_ = load;
  } else {
    const double passed_s = std::max(0.0, std::chrono::duration<double>(now - at_).count());
    smooth_ += (load - smooth_) * (1 - std::exp(-passed_s / kTimeConstantS));
  }
  seen_ = true;
  at_ = now;
  if (smooth_ < kStep / 2) {
    level_ = 0;
  } else if (smooth_ > kLoadMax - kStep / 2) {
    level_ = kLoadMax;
  } else if (std::abs(smooth_ - level_) >= kHoldSteps * kStep) {
    level_ = std::round(smooth_ / kStep) * kStep;
  }
}

}  // namespace terrella::control
