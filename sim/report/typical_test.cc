#include "sim/report/typical.h"

#include <gtest/gtest.h>

#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class TypicalTest : public testing::Test {
 protected:
  void Answer(std::string_view city, Duration felt, float dns_ms,
              Steering steering = Steering::kDns) {
    const Sample sample{.due = ++due_s_ * 1s,
                        .felt = felt,
                        .city = places_->Find(city)->city,
                        .pop = results_.PopIndex("FRA"),
                        .steering = steering};
    results_.Add(sample);
    results_.KeepPhases({sample, Phases::Of(ToMs(felt), {.dns_ms = dns_ms, .node_ms = 1})});
  }

  std::shared_ptr<const net::Places> places_ = TestWorld();
  Results results_{places_};
  int due_s_ = 0;
};

TEST_F(TypicalTest, IsTheRequestNearestToTheMedianOfItsContinentAndSteering) {
  Answer("Berlin", 10ms, 1);
  Answer("Munich", 30ms, 2);
  Answer("Berlin", 300ms, 3);
  Answer("Berlin", 50ms, 0, Steering::kAnycast);
  Answer("Lagos", 90ms, 5);
  const std::vector<Typical> typical = TypicalRequests(results_);
  ASSERT_EQ(typical.size(), 3u);
  EXPECT_EQ(typical[0].region, "Africa");
  EXPECT_EQ(typical[1].region, "Europe");
  EXPECT_EQ(typical[1].city, "Munich");
  EXPECT_EQ(typical[1].pop, "FRA");
  EXPECT_DOUBLE_EQ(typical[1].due_s, 2);
  EXPECT_FLOAT_EQ(typical[1].phases.dns_ms, 2);
  EXPECT_FLOAT_EQ(typical[1].phases.answer_ms, 27);
  EXPECT_EQ(typical[2].steering, Steering::kAnycast);
}

TEST_F(TypicalTest, OfEquallyNearOnesTheFirstOfTheRunIsTaken) {
  Answer("Munich", 30ms, 1);
  Answer("Berlin", 30ms, 2);
  EXPECT_EQ(TypicalRequests(results_)[0].city, "Munich");
}

TEST_F(TypicalTest, NothingKeptNothingTold) {
  results_.Add({.felt = 1ms, .city = places_->Find("Berlin")->city});
  EXPECT_TRUE(TypicalRequests(results_).empty());
}

TEST(PhaseRule, KeepsAtMostSoManyEvenlySpread) {
  for (const double expected : {0.0, 1.0, 32768.0, 32769.0, 1e7, 1e10}) {
    const PhaseRule rule(expected);
    EXPECT_LE(expected / static_cast<double>(rule.one_in()), kPhasedMax) << expected;
    EXPECT_TRUE(rule.Keeps(0));
    EXPECT_TRUE(rule.Keeps(rule.one_in()));
    EXPECT_EQ(rule.Keeps(1), rule.one_in() == 1) << expected;
    EXPECT_EQ(rule.NumberAt(rule.IndexOf(3 * rule.one_in())), 3 * rule.one_in());
  }
  EXPECT_EQ(PhaseRule(32769).one_in(), 2u);
}

}  // namespace
}  // namespace terrella::sim
