#include "sim/report/shift.h"

#include <gtest/gtest.h>

#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class ShiftTest : public testing::Test {
 protected:
  void Answers(std::string_view city, Duration due, std::string_view pop, Duration felt,
               int times = 4) {
    for (int i = 0; i < times; ++i) {
      results_.Add({.due = due,
                    .felt = felt,
                    .city = places_->Find(city)->city,
                    .pop = results_.PopIndex(pop),
                    .steering = Steering::kAnycast});
    }
  }
  void Event(Duration at, std::string action) {
    results_.AddEvent({.at = at, .action = std::move(action)});
  }

  std::shared_ptr<const net::Places> places_ = TestWorld();
  Results results_{places_};
};

TEST_F(ShiftTest, ACityThatAnotherPopAnswersAfterwardsHasMoved) {
  Answers("Berlin", 1s, "FRA", 20ms);
  Answers("Lagos", 1s, "LOS", 50ms);
  Event(10s, "kill FRA");
  Answers("Berlin", 11s, "AMS", 32ms);
  Answers("Lagos", 11s, "LOS", 50ms);
  Event(20s, "start FRA");
  Answers("Berlin", 21s, "FRA", 20ms);
  Answers("Lagos", 21s, "LOS", 50ms);
  const std::vector<Shift> shifts = ShiftsOf(results_, 30s);
  ASSERT_EQ(shifts.size(), 2u);
  EXPECT_EQ(shifts[0].what, "kill FRA");
  EXPECT_DOUBLE_EQ(shifts[0].at_s, 10);
  EXPECT_DOUBLE_EQ(shifts[0].until_s, 20);
  ASSERT_EQ(shifts[0].moves.size(), 1u);
  const Move& move = shifts[0].moves[0];
  EXPECT_EQ(move.name, "Berlin");
  EXPECT_EQ(move.from, "FRA");
  EXPECT_EQ(move.to, "AMS");
  EXPECT_NEAR(move.added_ms(), 12, 1);
  EXPECT_EQ(move.requests, 4u);
  EXPECT_EQ(shifts[1].moves[0].to, "FRA");
  EXPECT_DOUBLE_EQ(shifts[1].until_s, 30);
}

TEST_F(ShiftTest, TwoEqualRoutesThatTakeTurnsMoveNobody) {
  Answers("Berlin", 1s, "FRA", 20ms, 51);
  Answers("Berlin", 1s, "AMS", 20ms, 49);
  Event(10s, "kill LOS");
  Answers("Berlin", 11s, "FRA", 20ms, 49);
  Answers("Berlin", 11s, "AMS", 20ms, 51);
  EXPECT_TRUE(ShiftsOf(results_, 30s).empty());
}

TEST_F(ShiftTest, EventsOfOneMomentAreOneAndDeploysAndFailedOnesNone) {
  Answers("Berlin", 1s, "FRA", 20ms);
  Event(5s, "deploy ./x");
  results_.AddEvent({.at = 6s, .action = "kill ZZZ", .ok = false});
  Event(10s, "kill FRA");
  Event(10200ms, "kill AMS");
  Answers("Berlin", 11s, "LOS", 90ms);
  const std::vector<Shift> shifts = ShiftsOf(results_, 30s);
  ASSERT_EQ(shifts.size(), 1u);
  EXPECT_EQ(shifts[0].what, "kill FRA, kill AMS");
}

TEST_F(ShiftTest, AFewAnswersSayNothing) {
  Answers("Berlin", 1s, "FRA", 20ms);
  Event(10s, "kill FRA");
  Answers("Berlin", 11s, "AMS", 20ms, 2);
  EXPECT_TRUE(ShiftsOf(results_, 30s).empty());
  EXPECT_TRUE(ShiftsOf(Results(places_), 30s).empty());
}

TEST_F(ShiftTest, EventsBeyondTheLimitAreNotLookedAt) {
  Answers("Berlin", 1s, "FRA", 20ms);
  for (int i = 0; i < 40; ++i) Event((10 + 2 * i) * 1s, "drain LOS");
  Answers("Berlin", 39s, "FRA", 20ms);
  Answers("Berlin", 200s, "AMS", 20ms);
  EXPECT_TRUE(ShiftsOf(results_, 300s).empty()) << "none of the first sixteen moved Berlin";
  // The last one that is looked at ends where the next begins.
  Answers("Berlin", 41s, "LOS", 20ms);
  const std::vector<Shift> shifts = ShiftsOf(results_, 300s);
  ASSERT_EQ(shifts.size(), 1u);
  EXPECT_EQ(shifts[0].moves[0].to, "LOS");
  EXPECT_DOUBLE_EQ(shifts[0].at_s, 40);
  EXPECT_DOUBLE_EQ(shifts[0].until_s, 42);
}

TEST_F(ShiftTest, PhasesAndRolloutsCutNothing) {
  Answers("Berlin", 1s, "FRA", 20ms);
  Event(10s, "kill FRA");
  Answers("Berlin", 11s, "AMS", 32ms, 2);
  Event(12s, "phase back");
  Event(13s, "rollout spread");
  Answers("Berlin", 14s, "AMS", 32ms, 2);
  const std::vector<Shift> shifts = ShiftsOf(results_, 30s);
  ASSERT_EQ(shifts.size(), 1u);
  EXPECT_EQ(shifts[0].what, "kill FRA");
  EXPECT_DOUBLE_EQ(shifts[0].until_s, 30);
}

TEST_F(ShiftTest, EventsThatFollowOneAnotherAreOneHoweverManyTheyAre) {
  Answers("Berlin", 1s, "FRA", 20ms);
  Event(10s, "drain FRA");
  Event(10600ms, "drain AMS");
  Event(11200ms, "drain LHR");
  Answers("Berlin", 12s, "LOS", 90ms);
  const std::vector<Shift> shifts = ShiftsOf(results_, 30s);
  ASSERT_EQ(shifts.size(), 1u);
  EXPECT_EQ(shifts[0].what, "drain FRA, drain AMS, drain LHR");
}

}  // namespace
}  // namespace terrella::sim
