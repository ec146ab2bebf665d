#include "control_plane/waves/exact_test.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace terrella::control {
namespace {

// ln C(n, k)
double LogChoose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

bool Compares(const Stratum& s) {
  return s.new_total > 0 && s.old_total > 0 && s.new_events + s.old_events > 0;
}

// Chances from `first` on, for a sum: those before and behind are too small to matter.
struct Chances {
  uint64_t first = 0;
  std::vector<double> of;
};

// What is left out at either end; levels of significance are some 1e-7.
constexpr double kNegligible = 1e-30;

void Trim(Chances& chances) {
  std::vector<double>& of = chances.of;
  while (of.size() > 1 && of.back() < kNegligible) of.pop_back();
  size_t leading = 0;
  while (leading + 1 < of.size() && of[leading] < kNegligible) ++leading;
  of.erase(of.begin(), of.begin() + static_cast<ptrdiff_t>(leading));
  chances.first += leading;
}

// How many of the bad requests are expected at the new version, and how far that spreads.
struct Moments {
  double mean = 0, variance = 0;
};

Moments MomentsOf(const Stratum& s) {
  const auto n1 = static_cast<double>(s.new_total), n0 = static_cast<double>(s.old_total);
  const auto m = static_cast<double>(s.new_events + s.old_events);
  const double n = n1 + n0;
  return {n1 * m / n, n > 1 ? n1 * n0 * m * (n - m) / (n * n * (n - 1)) : 0};
}

// P(k of the bad requests are the new version's).
Chances Hypergeometric(const Stratum& s) {
  const uint64_t events = s.new_events + s.old_events;
  const auto total = static_cast<double>(s.new_total + s.old_total);
  const double all = LogChoose(total, static_cast<double>(events));
  // Farther from the mean than 14 standard deviations and 100 there is nothing.
  const Moments moments = MomentsOf(s);
  const double reach = 14 * std::sqrt(moments.variance) + 100;
  const uint64_t least = events > s.old_total ? events - s.old_total : 0;
  Chances out{.first = std::max(
                  least, static_cast<uint64_t>(std::max(std::floor(moments.mean - reach), 0.0)))};
  const uint64_t most =
      std::min({events, s.new_total, static_cast<uint64_t>(std::ceil(moments.mean + reach))});
  for (uint64_t k = out.first; k <= most; ++k) {
    out.of.push_back(std::exp(
        LogChoose(static_cast<double>(s.new_total), static_cast<double>(k)) +
        LogChoose(static_cast<double>(s.old_total), static_cast<double>(events - k)) - all));
  }
  Trim(out);
  return out;
}

Chances Convolve(const Chances& a, const Chances& b) {
  Chances sum{a.first + b.first, std::vector<double>(a.of.size() + b.of.size() - 1, 0.0)};
  for (size_t i = 0; i < a.of.size(); ++i) {
    for (size_t j = 0; j < b.of.size(); ++j) sum.of[i + j] += a.of[i] * b.of[j];
  }
  Trim(sum);
  return sum;
}

double ExactTail(std::span<const Stratum> strata, uint64_t observed) {
  Chances chances{0, {1.0}};
  for (const Stratum& s : strata) {
    if (Compares(s)) chances = Convolve(chances, Hypergeometric(s));
  }
  double tail = 0;  // the small ones first
  for (size_t i = chances.of.size(); i > 0 && chances.first + i > observed; --i) {
    tail += chances.of[i - 1];
  }
  return std::min(tail, 1.0);
}

double NormalTail(std::span<const Stratum> strata, uint64_t observed) {
  double mean = 0, variance = 0;
  for (const Stratum& s : strata) {
    if (!Compares(s)) continue;
    const Moments moments = MomentsOf(s);
    mean += moments.mean;
    variance += moments.variance;
  }
  if (variance <= 0) return 1;
  const double z = (static_cast<double>(observed) - 0.5 - mean) / std::sqrt(variance);
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

}  // namespace

double ChanceOfExcess(std::span<const Stratum> strata) {
  uint64_t observed = 0;
  double mean = 0;
  for (const Stratum& s : strata) {
    if (!Compares(s)) continue;
    observed += s.new_events;
    mean += MomentsOf(s).mean;
  }
  if (observed == 0) return 1;
  return mean <= kExactMeanMax ? ExactTail(strata, observed) : NormalTail(strata, observed);
}

}  // namespace terrella::control
