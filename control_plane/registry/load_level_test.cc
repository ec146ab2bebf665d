#include "control_plane/registry/load_level.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace terrella::control {
namespace {

using std::chrono::seconds;

class LoadLevelTest : public ::testing::Test {
 protected:
  // A heartbeat a second; how often the level moved.
  int Observe(int times, const auto& load) {
    int moves = 0;
    for (int i = 0; i < times; ++i) {
      const double before = level_.level();
      level_.Observe(load(i), now_ += seconds(1));
      moves += level_.level() != before;
    }
    return moves;
  }
  MonotonicTime now_{seconds(100)};
  LoadLevel level_;
};

TEST_F(LoadLevelTest, FollowsALoadThatStaysAndReachesBothEnds) {
  Observe(1, [](int) { return 0.52; });
  EXPECT_NEAR(level_.level(), 0.5, 1e-9) << "the first is believed at once";
  Observe(20, [](int) { return 1.0; });
  EXPECT_NEAR(level_.level(), 1, 1e-9);
  Observe(30, [](int) { return 0.0; });
  EXPECT_NEAR(level_.level(), 0, 1e-9);
}

TEST_F(LoadLevelTest, ALoadThatTremblesMovesNothing) {
  CounterRandom random(7);
  Observe(10, [](int) { return 0.475; });
  EXPECT_LE(Observe(1000, [&](int) { return 0.475 + 0.06 * (random.Uniform() - 0.5); }), 1);
}

TEST_F(LoadLevelTest, APeakOfASecondIsNoLoad) {
  Observe(10, [](int) { return 0.2; });
  Observe(1, [](int) { return 1.0; });
  EXPECT_LT(level_.level(), 0.5);
}

TEST_F(LoadLevelTest, WhatIsNoLoadIsTakenForAnEnd) {
  Observe(1, [](int) { return NAN; });
  EXPECT_EQ(level_.level(), 0);
  Observe(30, [](int) { return 1e9; });
  EXPECT_NEAR(level_.level(), 1, 1e-9);
  Observe(30, [](int) { return -5.0; });
  EXPECT_NEAR(level_.level(), 0, 1e-9);
}

}  // namespace
}  // namespace terrella::control
