#include "sim/chaos/fact_sheet.h"

#include <gtest/gtest.h>

#include <memory>

#include "terrella/v1/rollout_plan.pb.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
// Written out: what they really are changes with the cluster.
constexpr ClusterTimes kTimes{.command = 20ms,
                              .notice = 5ms,
                              .boot = 300ms,
                              .control_boot = 300ms,
                              .control_awaits = 3s,
                              .lease = 2500ms,
                              .rejoin = 150ms,
                              .deploy = 250ms};

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

TEST(FactSheet, SteeringStaysAtWhatItKnewUntilAControlPlaneHasWaitedForTheDead) {
  const std::vector<std::string> pops = {"", "FRA", "NRT"};
  const std::vector<EventRecord> events = {
      Event(10s, 20ms, "kill", "control"), Event(12s, 20ms, "kill", "FRA"),
      Event(20s, 320ms, "start", "control"), Event(40s, 20ms, "kill", "control")};
  const FactSheet facts(pops, events, kTimes);
  EXPECT_EQ(facts.SteeringHeard(5s), 4995ms);
  EXPECT_EQ(facts.SteeringHeard(10s), 9995ms);
  EXPECT_EQ(facts.SteeringHeard(15s), 10'015ms);
  EXPECT_EQ(facts.SteeringHeard(23'329ms), 10'015ms) << "it waits 3 s, and tells";
  EXPECT_EQ(facts.SteeringHeard(23'330ms), 23'325ms);
  EXPECT_EQ(facts.SteeringHeard(1h), 40'015ms);
  // Of FRA's death at 12.02 s.
  EXPECT_TRUE(facts.SomebodyDiedIn(facts.SteeringHeard(23s), 25s));
  EXPECT_FALSE(facts.SomebodyDiedIn(facts.SteeringHeard(24s), 25s));
}

TEST(FactSheet, ANodeThatIsCutOffHearsOfNothing) {
  const std::vector<std::string> pops = {"", "FRA", "NRT"};
  std::vector<EventRecord> events = {
      Event(1s, 20ms, "partition", "FRA"), Event(8s, 20ms, "rejoin", "FRA"),
      Event(20s, 20ms, "partition", "FRA"), Event(30s, 20ms, "kill", "FRA"),
      Event(31s, 20ms, "kill", "NRT")};
  const FactSheet facts(pops, events, kTimes);
  EXPECT_EQ(facts.NodeHeard("FRA", 500ms), Duration(500ms));
  EXPECT_EQ(facts.NodeHeard("FRA", 8s), Duration(1020ms));
  EXPECT_EQ(facts.NodeHeard("FRA", 8'419ms), Duration(1020ms)) << "what it missed is on its way";
  EXPECT_EQ(facts.NodeHeard("FRA", 8'420ms), Duration(8'420ms));
  EXPECT_EQ(facts.NodeMayHaveHeard("FRA", 8s), Duration(1020ms));
  EXPECT_EQ(facts.NodeMayHaveHeard("FRA", 8'170ms), Duration(8'170ms));
  EXPECT_EQ(facts.NodeHeard("NRT", 8s), Duration(8s));
  // Taken for dead when its lease is over, and not only when it dies.
  EXPECT_TRUE(facts.SomebodyDiedIn(22'520ms, 30'500ms));
  EXPECT_FALSE(facts.SomebodyDiedIn(22'521ms, 30'500ms));
  EXPECT_TRUE(facts.SomebodyServedThrough(21s, 29s)) << "NRT did";
  events.push_back(Event(40s, 0ms, "start", "NRT"));
  events.push_back(Event(41s, 0ms, "start", "FRA"));
  events.push_back(Event(42s, 0ms, "partition", "FRA"));
  events.push_back(Event(42s, 0ms, "partition", "NRT"));
  EXPECT_FALSE(FactSheet(pops, events, kTimes).SomebodyServedThrough(43s, 44s))
      << "for all it knows";
}

TEST(FactSheet, WhatCouldNotBeDoneChangesNothing) {
  const std::vector<std::string> pops = {"", "FRA"};
  std::vector<EventRecord> events = {Event(1s, 20ms, "drain", "FRA"),
                                     Event(2s, 20ms, "partition", "FRA")};
  for (EventRecord& event : events) event.ok = false;
  const FactSheet facts(pops, events, kTimes);
  EXPECT_FALSE(facts.DrainedThrough("FRA", 2s, 3s));
  EXPECT_EQ(facts.NodeHeard("FRA", 9s), Duration(9s));
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
