#include "sim/net/lognormal_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace terrella::net {
namespace {

constexpr double kLeast = 0x1.0p-60;  // of a share: what a uniform draw of 53 bits never reaches

}  // namespace

// Newton's steps on the distribution function, from the tail's first-order inverse: cubic beyond
// the first, so ten are always enough.
double NormalQuantile(double share) {
  if (share > 0.5) return -NormalQuantile(1 - share);
  double at = -std::sqrt(-2 * std::log(std::max(share, kLeast) * 1.2));
  if (share > 0.05) at = 2.5 * (share - 0.5);
  for (int step = 0; step < 10; ++step) {
    const double below = std::erfc(-at / std::numbers::sqrt2) / 2;
    const double density = std::exp(-at * at / 2) / std::sqrt(2 * std::numbers::pi);
    const double miss = (below - std::max(share, kLeast)) / density;
    // Halley's correction keeps far starts from overshooting.
    const double move = miss / (1 + at * miss / 2);
    at -= move;
    if (std::abs(move) < 1e-14) break;
  }
  return at;
}

LognormalTable::LognormalTable(double sigma) : sigma_(sigma), quantiles_(kCells + 1) {
  for (int cell = 0; cell <= kCells; ++cell) {
    const double share = static_cast<double>(cell) / kCells;
    if (share >= kTail && share <= 1 - kTail) {
      quantiles_[static_cast<size_t>(cell)] = static_cast<float>(Exactly(share));
    }
  }
}

double LognormalTable::Exactly(double share) const {
  return std::exp(sigma_ * NormalQuantile(share) - sigma_ * sigma_ / 2);
}

}  // namespace terrella::net
