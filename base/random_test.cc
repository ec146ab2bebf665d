#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace terrella {
namespace {

TEST(CounterRandom, TheSameNameGivesTheSameStream) {
  CounterRandom a(7, 1, 2), b(7, 1, 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.Next(), b.Next());
}

TEST(CounterRandom, EveryPartOfTheNameChangesTheStream) {
  std::set<uint64_t> firsts = {CounterRandom(7, 1, 2).Next(), CounterRandom(8, 1, 2).Next(),
                               CounterRandom(7, 2, 1).Next(), CounterRandom(7, 1, 3).Next(),
                               CounterRandom(7).Next()};
  EXPECT_EQ(firsts.size(), 5u);
}

TEST(CounterRandom, HasTheMomentsOfItsDistributions) {
  CounterRandom random(301);
  constexpr int kDraws = 200'000;
  double uniform = 0, exponential = 0, normal = 0, normal_squared = 0;
  for (int i = 0; i < kDraws; ++i) {
    uniform += random.Uniform();
    exponential += random.Exponential(3.0);
    double n = random.Normal();
    normal += n;
    normal_squared += n * n;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.005);
  EXPECT_NEAR(exponential / kDraws, 3.0, 0.05);
  EXPECT_NEAR(normal / kDraws, 0.0, 0.015);
  EXPECT_NEAR(normal_squared / kDraws, 1.0, 0.02);
}

TEST(CounterRandom, BelowStaysBelowAndReachesEveryValue) {
  CounterRandom random(1);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Below(7));
  EXPECT_EQ(seen, (std::set<uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace terrella
