#include "sim/chaos/fact_sheet.h"

#include <gtest/gtest.h>

#include <memory>

#include "terrella/v1/rollout_plan.pb.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
constexpr ClusterTimes kTimes{.command = 20ms};

EventRecord Event(Duration at, Duration took, std::string action, std::string target) {
  return {.at = at, .took = took, .action = action + " " + target, .target = target};
}

TEST(FactSheet, TellsLivesAndDrainsOfIntervals) {
  const std::vector<std::string> pops = {"", "FRA", "NRT"};
  const std::vector<EventRecord> events = {
      Event(1s, 20ms, "kill", "FRA"),  Event(2s, 300ms, "start", "FRA"),
      Event(3s, 20ms, "drain", "FRA"), Event(5s, 20ms, "undrain", "FRA"),
      Event(6s, 20ms, "drain", "NRT"), Event(7s, 250ms, "deploy", "hello")};
  const FactSheet facts(pops, events, kTimes);
  EXPECT_TRUE(facts.LivedIn("FRA", 0s, 1s));
  EXPECT_FALSE(facts.LivedIn("FRA", 1020ms, 2299ms));
  EXPECT_TRUE(facts.LivedIn("FRA", 1020ms, 2300ms));
  EXPECT_TRUE(facts.DrainedThrough("FRA", 3020ms, 5019ms));
  EXPECT_FALSE(facts.DrainedThrough("FRA", 3019ms, 4s));
  EXPECT_FALSE(facts.DrainedThrough("FRA", 4s, 5020ms));
  EXPECT_TRUE(facts.SomebodyServedThrough(0s, 6s)) << "NRT did";
  EXPECT_TRUE(facts.SomebodyServedThrough(5020ms, 9s)) << "FRA did";
  EXPECT_FALSE(facts.SomebodyServedThrough(4s, 9s)) << "neither did all the time";
  EXPECT_TRUE(facts.SomebodyDiedIn(1s, 2s));
  EXPECT_FALSE(facts.SomebodyDiedIn(2s, 9s));
  ASSERT_NE(facts.Find(1), nullptr);
  EXPECT_EQ(facts.Find(1)->first, 7250ms);
  EXPECT_FALSE(facts.WasReplacedBy(0, 7250ms)) << "what is done in steps may be one late";
  EXPECT_TRUE(facts.WasReplacedBy(0, 7300ms));
  EXPECT_EQ(facts.Find(2), nullptr);
}

TEST(FactSheet, TellsWhatBecameOfRollouts) {
  const std::vector<std::string> pops = {"", "FRA"};
  std::vector<TimelineEvent> timeline(3, {.action = TimelineEvent::Action::kDeploy});
  timeline[0].rollout = timeline[2].rollout = std::make_shared<v1::RolloutPlan>();
  std::vector<EventRecord> events = {
      Event(1s, 250ms, "deploy", "a"),         Event(1250ms, 0s, "rollout", "started"),
      Event(2s, 0s, "rollout", "rolled back"), Event(3s, 250ms, "deploy", "b"),
      Event(4s, 250ms, "deploy", "c"),         Event(4250ms, 0s, "rollout", "started"),
      Event(6s, 0s, "rollout", "wave")};
  events.back().detail = "all 100 %";
  const FactSheet facts(pops, events, {.wave = 50ms}, timeline);
  EXPECT_TRUE(facts.Find(1)->rolled_back());
  EXPECT_EQ(facts.Find(1)->last, 2100ms);
  EXPECT_EQ(facts.Find(2)->everywhere, 3300ms);
  EXPECT_FALSE(facts.WasReplacedBy(2, 6s));
  EXPECT_TRUE(facts.WasReplacedBy(2, 6100ms));
}

TEST(FactSheet, ANodeWithoutEventsServes) {
  const std::vector<std::string> pops = {"", "FRA"};
  const FactSheet facts(pops, {}, kTimes);
  EXPECT_TRUE(facts.LivedIn("FRA", 0s, 1s));
  EXPECT_FALSE(facts.DrainedThrough("FRA", 0s, 1s));
  EXPECT_TRUE(facts.SomebodyServedThrough(0s, 1h));
}

}  // namespace
}  // namespace terrella::sim
