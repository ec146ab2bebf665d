#include "control_plane/waves/exact_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace terrella::control {
namespace {

double OfOne(const Stratum& stratum) {
  return ChanceOfExcess({&stratum, 1});
}

// Values worked out by hand from the hypergeometric distribution.
TEST(ExactTest, OneNodeIsFishersTest) {
  // The lady tasting tea: 3 of 4 right, then 4 of 4; 17/70 and 1/70.
  EXPECT_NEAR(OfOne({3, 4, 1, 4}), 17.0 / 70, 1e-12);
  EXPECT_NEAR(OfOne({4, 4, 0, 4}), 1.0 / 70, 1e-12);
  // All 3 errors of 200 requests at the version with 10 of them: 10*9*8 / (200*199*198).
  EXPECT_NEAR(OfOne({3, 10, 0, 190}), 720.0 / 7'880'400, 1e-12);
}

TEST(ExactTest, SaysNothingWithoutBothVersionsOrWithoutErrors) {
  EXPECT_EQ(OfOne({5, 5, 0, 0}), 1);
  EXPECT_EQ(OfOne({0, 100, 7, 100}), 1);
  EXPECT_EQ(OfOne({0, 100, 0, 100}), 1);
  EXPECT_EQ(ChanceOfExcess({}), 1);
}

TEST(ExactTest, NodesThatDifferDoNotAccuseAVersion) {
  // Half of all requests fail on one node and none on the other, for both versions alike; the new
  // one has most of its requests on the bad node. Added up it looks six times as bad.
  const Stratum nodes[] = {{450, 900, 50, 100}, {0, 100, 0, 900}};
  const Stratum pooled = {450, 1000, 50, 1000};
  EXPECT_GT(ChanceOfExcess(nodes), 0.3);
  EXPECT_LT(OfOne(pooled), 1e-6);
}

TEST(ExactTest, TheNormalFormTakesOverWithoutAJump) {
  // Just below and just above the limit of expected events, with the same rates.
  const double exact = OfOne({1044, 20'000, 955, 20'000});
  const double normal = OfOne({1046, 20'000, 957, 20'000});
  EXPECT_NEAR(std::log(exact), std::log(normal), 0.2);
}

// The values are sums of the hypergeometric distribution in 60 digits.
TEST(ExactTest, FewExpectedEventsAreExactHoweverManyThereAre) {
  EXPECT_NEAR(OfOne({7, 100, 1000, 100'000}), 7.263352766e-05, 7.263352766e-05 * 1e-6);
  EXPECT_NEAR(OfOne({12, 100, 30'000, 1'000'000}), 4.821011360e-05, 4.821011360e-05 * 1e-5);
}

TEST(ExactTest, WhatIsFarBeyondChanceIsZeroAndWhatIsFarBelowIsOne) {
  EXPECT_LT(OfOne({1000, 10'000, 0, 1'000'000}), 1e-25);
  EXPECT_NEAR(OfOne({1, 10'000, 100'000, 1'000'000}), 1, 1e-9);
  std::vector<Stratum> many(500, Stratum{1, 100, 50, 5'000});
  EXPECT_GT(ChanceOfExcess(many), 0.4) << "one of each is what is expected";
}

TEST(ExactTest, EqualVersionsLookWorseAsSeldomAsTheChanceSays) {
  CounterRandom random(7);
  constexpr int kRuns = 4000;
  int below = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<Stratum> strata(3);
    for (size_t node = 0; node < strata.size(); ++node) {
      Stratum& s = strata[node];
      for (int i = 0; i < 150; ++i) {
        const bool is_new = random.Uniform() < 0.2;
        const bool bad = random.Uniform() < 0.05 * static_cast<double>(node + 1);
        ++(is_new ? s.new_total : s.old_total);
        if (bad) ++(is_new ? s.new_events : s.old_events);
      }
    }
    if (ChanceOfExcess(strata) <= 0.05) ++below;
  }
  // 200 expected at most, 14 the standard deviation.
  EXPECT_LT(below, 200 + 5 * 14);
  EXPECT_GT(below, 60) << "a test that never says anything is no test";
}

}  // namespace
}  // namespace terrella::control
