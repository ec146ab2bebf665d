#include "sim/net/lognormal_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/random.h"

namespace terrella::net {
namespace {

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  // Abramowitz and Stegun, table 26.5.
  EXPECT_NEAR(NormalQuantile(0.5), 0, 1e-12);
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963985, 1e-9);
  EXPECT_NEAR(NormalQuantile(0.001), -3.090232306, 1e-9);
  for (double share = 1e-16; share < 0.5; share *= 1.7) {
    for (const double p : {share, 0.5 - share}) {
      if (p <= 0) continue;
      const double at = NormalQuantile(p);
      EXPECT_NEAR(std::erfc(-at / std::numbers::sqrt2) / 2 / p, 1, 1e-9) << p;
      EXPECT_NEAR(NormalQuantile(1 - p), -NormalQuantile(p), p > 1e-6 ? 1e-6 : 10) << p;
    }
  }
  EXPECT_TRUE(std::isfinite(NormalQuantile(0x1.0p-1074)));
}

TEST(LognormalTable, IsNearTheTruthEverywhereAndRises) {
  constexpr double kSigma = 1.17;
  const LognormalTable table(kSigma);
  double last = 0;
  for (double share = 0x1.0p-53; share < 1; share += 1.0 / 50'000) {
    const double truth = std::exp(kSigma * NormalQuantile(share) - kSigma * kSigma / 2);
    EXPECT_NEAR(table.At(share) / truth, 1, 5e-4) << share;
    EXPECT_GT(table.At(share), last);
    last = table.At(share);
  }
  EXPECT_TRUE(std::isfinite(table.At(0)));
  EXPECT_TRUE(std::isfinite(table.At(1 - 0x1.0p-53)));
}

TEST(LognormalTable, DrawsHaveItsMeanAndDeviation) {
  constexpr double kSigma = 0.5;
  const LognormalTable table(kSigma);
  CounterRandom random(301);
  double sum = 0, squares = 0;
  constexpr int kDraws = 400'000;
  for (int i = 0; i < kDraws; ++i) {
    const double draw = table.At(random.Uniform());
    sum += draw;
    squares += draw * draw;
  }
  EXPECT_NEAR(sum / kDraws, 1, 0.005);
  EXPECT_NEAR(squares / kDraws - 1, std::expm1(kSigma * kSigma), 0.01);
}

}  // namespace
}  // namespace terrella::net
