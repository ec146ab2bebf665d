#include "edge_node/shard/penalty.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PenaltiesTest : public ::testing::Test {
 protected:
  Duration Punish(Duration cost = Duration(0), std::string_view version = "v1") {
    return penalties_.Punish("loop", version, {.reason = "exceeded", .cost = cost});
  }
  bool Runs(std::string_view version = "v1") {
    return !penalties_.Check("loop", version).has_value();
  }

  ManualClock clock_;
  Penalties penalties_{clock_};
};

TEST_F(PenaltiesTest, TheFirstStopIsFreeAndPausesDoubleUpToTheLongest) {
  EXPECT_EQ(Punish(), Duration(0));
  EXPECT_TRUE(Runs());
  for (int64_t ms : {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
    EXPECT_EQ(Punish(), milliseconds(ms));
    clock_.Advance(milliseconds(ms) - Duration(1));
    EXPECT_FALSE(Runs());
    clock_.Advance(Duration(1));
    EXPECT_TRUE(Runs());
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Punish(), seconds(30)) << "and no further";
}

TEST_F(PenaltiesTest, ARefusalSaysHowLongHowOftenAndWhy) {
  Punish();
  Punish();
  clock_.Advance(milliseconds(40));
  const auto refusal = penalties_.Check("loop", "v1");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->left, milliseconds(60));
  EXPECT_EQ(refusal->stops, 2u);
  EXPECT_EQ(refusal->reason, "exceeded");
  EXPECT_FALSE(penalties_.Check("other", "v1"));
}

TEST_F(PenaltiesTest, AnOffenderGetsLessThanItsShareHoweverDearItsStops) {
  for (Duration cost : {Duration(milliseconds(1)), Duration(milliseconds(50)),
                        Duration(milliseconds(320)), Duration(seconds(2))}) {
    Penalties penalties(clock_);
    Duration spent{};
    const MonotonicTime start = clock_.Now();
    clock_.Advance(penalties.Punish("loop", "v1", {.reason = "exceeded", .cost = cost}));
    for (int i = 0; i < 50; ++i) {
      clock_.Advance(cost);
      spent += cost;
      clock_.Advance(penalties.Punish("loop", "v1", {.reason = "exceeded", .cost = cost}));
    }
    const double share = ToMs(spent) / ToMs(clock_.Now() - start);
    EXPECT_LT(share, 0.005) << ToMs(cost) << " ms a stop";
  }
}

TEST_F(PenaltiesTest, ADearStopRestsInProportionToWhatItCost) {
  Punish(milliseconds(50));
  EXPECT_EQ(Punish(milliseconds(50)), seconds(10));
  EXPECT_EQ(Punish(milliseconds(50)), seconds(20));
  EXPECT_EQ(Punish(milliseconds(50)), seconds(30)) << "the longest";
  EXPECT_EQ(Punish(milliseconds(300)), seconds(60)) << "longer where the share asks for it";
}

TEST_F(PenaltiesTest, GoodTimeAfterThePauseTakesStopsOff) {
  for (int i = 0; i < 4; ++i) Punish();
  clock_.Advance(milliseconds(400) + seconds(30));
  EXPECT_EQ(Punish(), milliseconds(400)) << "three were left";
  clock_.Advance(milliseconds(400) + seconds(29));
  EXPECT_EQ(Punish(), milliseconds(800)) << "not good for long enough";
  clock_.Advance(seconds(600));
  EXPECT_EQ(Punish(), Duration(0)) << "all forgiven";
}

TEST_F(PenaltiesTest, AnotherVersionBeginsWithNothingAgainstIt) {
  for (int i = 0; i < 5; ++i) Punish();
  EXPECT_FALSE(Runs("v1"));
  EXPECT_TRUE(Runs("v2"));
  EXPECT_FALSE(Runs("v1")) << "going back does not help while nothing else has happened";
  EXPECT_EQ(Punish(Duration(0), "v2"), Duration(0));
}

TEST_F(PenaltiesTest, VersionsThatShareRequestsAreStoppedEachForItself) {
  for (int i = 0; i < 5; ++i) Punish(Duration(0), "v1");
  Punish(Duration(0), "v2");
  EXPECT_FALSE(Runs("v1")) << "the other one's stop does not set it free";
  EXPECT_TRUE(Runs("v2"));
}

TEST_F(PenaltiesTest, OfOneScriptTheLastVersionsAreRemembered) {
  for (int i = 0; i < 5; ++i) Punish(Duration(0), "v1");
  for (const char* version : {"v2", "v3", "v4"}) Punish(Duration(0), version);
  EXPECT_FALSE(Runs("v1"));
  Punish(Duration(0), "v5");
  EXPECT_TRUE(Runs("v1"));
}

TEST_F(PenaltiesTest, WhoLearnsFromAnotherRefusesWhatThatRefuses) {
  Punish();
  Punish();
  Penalties other(clock_);
  other.LearnFrom(penalties_);
  EXPECT_TRUE(other.Check("loop", "v1").has_value());
  clock_.Advance(milliseconds(100));
  EXPECT_FALSE(other.Check("loop", "v1").has_value());
  EXPECT_EQ(other.Punish("loop", "v1", {.reason = "exceeded"}), milliseconds(200));
}

TEST_F(PenaltiesTest, AVersionLeftByForceAgainAndAgainIsRefusedForGood) {
  const Offence stuck{.reason = "exceeded", .escaped = true, .abandoned = 1};
  penalties_.Punish("loop", "v1", stuck);
  clock_.Advance(seconds(3600));
  penalties_.Punish("loop", "v1", stuck);
  clock_.Advance(seconds(3600));
  EXPECT_TRUE(Runs()) << "two are borne";
  EXPECT_EQ(penalties_.Punish("loop", "v1", stuck), Duration::max());
  clock_.Advance(seconds(1'000'000));
  const auto refusal = penalties_.Check("loop", "v1");
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->for_good);
  EXPECT_EQ(refusal->stops, 3u);
  EXPECT_TRUE(Runs("v2"));
}

TEST_F(PenaltiesTest, AProcessThatHasLeakedEnoughRefusesAtTheFirstEscape) {
  Offence stuck{.reason = "exceeded", .escaped = true, .abandoned = 8};
  EXPECT_EQ(penalties_.Punish("a", "v1", stuck), Duration(0));
  stuck.abandoned = 9;
  EXPECT_EQ(penalties_.Punish("b", "v1", stuck), Duration::max());
  EXPECT_EQ(penalties_.Punish("c", "v1", {.reason = "exceeded", .abandoned = 9}), Duration(0))
      << "an ordinary stop leaks nothing";
}

TEST_F(PenaltiesTest, RecordsOfScriptsThatAreGoneAreForgotten) {
  Punish();
  penalties_.Punish("other", "v1", {.reason = "exceeded"});
  penalties_.Keep([](std::string_view script) { return script == "other"; });
  EXPECT_EQ(penalties_.scripts(), 1u);
}

}  // namespace
}  // namespace terrella::edge
