// Goal: what a timeline does to nodes, and when steering hears of it.
#include "sim/engine/history.h"

#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using Action = TimelineEvent::Action;
constexpr ClusterTimes kTimes{.command = 20ms,
                              .notice = 5ms,
                              .boot = 300ms,
                              .control_boot = 300ms,
                              .lease = 2500ms,
                              .rejoin = 150ms,
                              .deploy = 250ms,
                              .convergence = 500ms};

std::vector<net::PopSite> TwoPops() {
  return {{.iata = "FRA"}, {.iata = "NRT"}};
}

TEST(History, AKilledNodeIsDeadBeforeSteeringHearsOfIt) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_TRUE(history.At(0, 1s + 19ms).alive);
  EXPECT_FALSE(history.At(0, 1s + 20ms).alive);
  EXPECT_EQ(history.At(0, 1s + 24ms).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.At(0, 1s + 25ms).believed(), dns::NodeState::kDown);
  EXPECT_EQ(history.At(1, 100s), NodeMoment());
  EXPECT_EQ(history.DiesAfter(0, 0s), 1s + 20ms);
  EXPECT_EQ(history.DiesAfter(1, 0s), History::kNever);
}

TEST(History, ANodeThatIsStartedAgainIsANewOne) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = "FRA"},
                       {.at = 2s, .action = Action::kStart, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_FALSE(history.At(0, 2s + 319ms).alive);
  EXPECT_TRUE(history.At(0, 2s + 320ms).alive);
  EXPECT_EQ(history.At(0, 2s + 320ms).boots, 1);
  EXPECT_EQ(history.At(0, 2s + 320ms).believed(), dns::NodeState::kDown);
  EXPECT_EQ(history.At(0, 2s + 325ms).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.DiesAfter(0, 3s), History::kNever);
}

TEST(History, TheControlPlaneIsGoneFromItsKillUntilItIsUp) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = kControlPlane},
                       {.at = 2s, .action = Action::kStart, .target = kControlPlane}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_TRUE(history.ControlAt(1s + 19ms));
  EXPECT_FALSE(history.ControlAt(1s + 20ms));
  EXPECT_FALSE(history.ControlAt(2s + 19ms));
  EXPECT_TRUE(history.ControlAt(3s));
}

TEST(History, ActionsArePerformedOneAfterAnother) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kDeploy, .target = "workers/green"},
                       {.at = 1s, .action = Action::kDrain, .target = "NRT"}};
  const History history(scenario, TwoPops(), kTimes);
  ASSERT_EQ(history.events().size(), 2u);
  EXPECT_EQ(history.events()[1].at, 1s + 250ms);
  EXPECT_EQ(history.At(1, 1s + 275ms).believed(), dns::NodeState::kDraining);
  EXPECT_TRUE(history.At(1, 1s + 275ms).alive);
}

TEST(History, ANodeThatIsCutOffServesOnAndMissesWhatIsDeployed) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 5s, .action = Action::kDeploy, .target = "workers/green"},
                       {.at = 8s, .action = Action::kRejoin, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_EQ(history.At(0, 3s).believed(), dns::NodeState::kReady) << "its lease is not over";
  EXPECT_EQ(history.At(0, 4s).believed(), dns::NodeState::kDown);
  EXPECT_TRUE(history.At(0, 4s).alive);
  EXPECT_EQ(history.HeardOf(0, 7s), 1s + kTimes.command);
  EXPECT_EQ(history.HeardOf(1, 7s), Duration(7s));
  EXPECT_EQ(history.At(0, 9s).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.HeardOf(0, 9s), Duration(9s));
  EXPECT_EQ(history.At(0, 9s).boots, 0) << "it is the same process";
  EXPECT_EQ(history.DiesAfter(0, 0s), History::kNever);
}

TEST(History, ADiskIsSlowAndAClockWrongUntilSomebodyEndsItOrTheNodeDies) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kSlowDisk, .target = "FRA", .by = 200ms},
                       {.at = 2s, .action = Action::kSkew, .target = "FRA", .by = -90s},
                       {.at = 4s, .action = Action::kSlowDisk, .target = "FRA"},
                       {.at = 6s, .action = Action::kKill, .target = "FRA"},
                       {.at = 7s, .action = Action::kSkew, .target = "FRA", .by = 5s},
                       {.at = 8s, .action = Action::kStart, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_TRUE(history.has_slow_disks());
  EXPECT_EQ(history.FaultsAt(0, 1s).disk_late, Duration(0)) << "the command takes a moment";
  const NodeFaults both = history.FaultsAt(0, 3s);
  EXPECT_EQ(both.disk_late, Duration(200ms));
  EXPECT_EQ(both.disk_late_until, 4s + kTimes.command);
  EXPECT_EQ(both.clock.ahead, Duration(-90s));
  EXPECT_EQ(both.clock.then, Duration(0));
  EXPECT_EQ(both.clock.until, 6s + kTimes.command);
  EXPECT_EQ(history.FaultsAt(0, 5s).disk_late, Duration(0));
  EXPECT_EQ(history.FaultsAt(0, 5s).clock.ahead, Duration(-90s));
  EXPECT_EQ(history.FaultsAt(1, 3s).disk_late, Duration(0)) << "another node";
  EXPECT_EQ(history.FaultsAt(0, 10s).clock.ahead, Duration(0)) << "the next process has neither";
  EXPECT_EQ(history.events()[1].action, "skew FRA by -90s");
}

TEST(History, ADiskThatIsSlowInAnotherWayIsNotQuickInBetween) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kSlowDisk, .target = "FRA", .by = 200ms},
                       {.at = 3s, .action = Action::kSlowDisk, .target = "FRA", .by = 50ms},
                       {.at = 4s, .action = Action::kSlowDisk, .target = "FRA"}};
  const NodeFaults faults = History(scenario, TwoPops(), kTimes).FaultsAt(0, 2s);
  EXPECT_EQ(faults.disk_turns_at, 3s + kTimes.command);
  EXPECT_EQ(faults.disk_late_then, Duration(50ms));
  EXPECT_EQ(faults.disk_late_until, 4s + kTimes.command);
}

TEST(History, APartitionShorterThanTheLeaseIsNotNoticed) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 2s, .action = Action::kRejoin, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  for (const Duration at : {0s, 2s, 4s, 100s}) {
    EXPECT_EQ(history.At(0, at).believed(), dns::NodeState::kReady) << ToMs(at);
  }
  // One that never ends is.
  scenario.timeline.pop_back();
  EXPECT_EQ(History(scenario, TwoPops(), kTimes).At(0, 100s).believed(), dns::NodeState::kDown);
}

TEST(History, ANodeThatIsKilledWhileItIsCutOffComesBackWhole) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 5s, .action = Action::kDeploy, .target = "workers/green"},
                       {.at = 6s, .action = Action::kKill, .target = "FRA"},
                       {.at = 7s, .action = Action::kStart, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_EQ(history.At(0, 6s + 21ms).believed(), dns::NodeState::kDown) << "never up in between";
  EXPECT_EQ(history.At(0, 8s).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.HeardOf(0, 8s), Duration(8s));
}

TEST(History, ALeaseEndsOnlyWhereThereIsAControlPlaneToSeeIt) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 2s, .action = Action::kKill, .target = kControlPlane}};
  EXPECT_EQ(History(scenario, TwoPops(), kTimes).At(0, 100s).believed(), dns::NodeState::kReady);
  // One that is started again never heard of the node.
  scenario.timeline.push_back({.at = 10s, .action = Action::kStart, .target = kControlPlane});
  const History again(scenario, TwoPops(), kTimes);
  const Duration up = again.events()[2].at + again.events()[2].took;
  EXPECT_EQ(again.At(0, up + 2s).believed(), dns::NodeState::kReady) << "it waits";
  EXPECT_EQ(again.At(0, up + 4s).believed(), dns::NodeState::kDown);
  // The lease was over before the control plane died.
  scenario.timeline = {{.at = 1s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 6s, .action = Action::kKill, .target = kControlPlane}};
  EXPECT_EQ(History(scenario, TwoPops(), kTimes).At(0, 100s).believed(), dns::NodeState::kDown);
}

TEST(History, AControlPlaneThatDiesWhileItWaitsForTheDeadTellsOfNone) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = kControlPlane},
                       {.at = 2s, .action = Action::kKill, .target = "FRA"},
                       {.at = 10s, .action = Action::kStart, .target = kControlPlane},
                       {.at = 12s, .action = Action::kKill, .target = kControlPlane}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_EQ(history.At(0, 100s).believed(), dns::NodeState::kReady);
}

// Found by chaos: a death in between was told first, and then that the node had come back before.
TEST(History, WhatHappensWhileAControlPlaneWaitsIsToldLast) {
  Scenario scenario;
  scenario.timeline = {{.at = 0s, .action = Action::kKill, .target = "FRA"},
                       {.at = 6s, .action = Action::kKill, .target = kControlPlane},
                       {.at = 8s, .action = Action::kStart, .target = "FRA"},
                       {.at = 21s, .action = Action::kStart, .target = kControlPlane},
                       {.at = 23s, .action = Action::kKill, .target = "FRA"}};
  EXPECT_EQ(History(scenario, TwoPops(), kTimes).At(0, 100s).believed(), dns::NodeState::kDown);
  // The end of a lease, too.
  scenario.timeline.back() = {.at = 21s, .action = Action::kPartition, .target = "FRA"};
  const History history(scenario, TwoPops(), kTimes);
  const Duration up = history.events()[3].at + history.events()[3].took;
  ASSERT_LT(history.HeardOf(0, 100s) + kTimes.lease, up + kTimes.control_awaits);
  EXPECT_EQ(history.At(0, 100s).believed(), dns::NodeState::kDown);
}

// Found by chaos, too: its rejoin came after its death, or after it had been cut off anew.
TEST(History, WhatComesWhileANodeRejoinsIsNotOvertakenByIt) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 10s, .action = Action::kRejoin, .target = "FRA"},
                       {.at = 10s, .action = Action::kKill, .target = "FRA"}};
  EXPECT_EQ(History(scenario, TwoPops(), kTimes).At(0, 100s).believed(), dns::NodeState::kDown);
  scenario.timeline[2].action = Action::kPartition;
  const History apart(scenario, TwoPops(), kTimes);
  EXPECT_EQ(apart.At(0, 100s).believed(), dns::NodeState::kDown);
  EXPECT_EQ(apart.HeardOf(0, 100s), 1s + kTimes.command);
}

TEST(History, ADeadNodeCannotBeCutOff) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = "FRA"},
                       {.at = 2s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 3s, .action = Action::kStart, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_EQ(history.events()[1].detail, "FRA is dead; 'terrella start FRA' brings it back");
  EXPECT_EQ(history.At(0, 100s).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.HeardOf(0, 100s), Duration(100s));
}

TEST(History, AStateFollowsFromFactsWhateverTheirOrder) {
  Scenario scenario;
  scenario.timeline = {{.at = 2s, .action = Action::kDrain, .target = "FRA"},
                       {.at = 4s, .action = Action::kKill, .target = "FRA"},
                       {.at = 6s, .action = Action::kUndrain, .target = "FRA"},
                       {.at = 8s, .action = Action::kDrain, .target = "FRA"},
                       {.at = 10s, .action = Action::kStart, .target = "FRA"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_EQ(history.At(0, 3s).believed(), dns::NodeState::kDraining);
  for (const Duration at : {5s, 7s, 9s}) {
    EXPECT_EQ(history.At(0, at).believed(), dns::NodeState::kDown);
  }
  EXPECT_TRUE(history.At(0, 11s).alive);
  EXPECT_EQ(history.At(0, 11s).believed(), dns::NodeState::kDraining);
  EXPECT_FALSE(history.events().back().ok) << "nobody serves, which 'start' waits for";
}

TEST(History, APurgeReachesNodesThatHearOfIt) {
  Scenario scenario;
  scenario.requests = {{.host = "news.edge.test"}, {.host = "shop.edge.test"}};
  scenario.timeline = {{.at = 1s, .action = Action::kPurge, .target = "news"},
                       {.at = 2s, .action = Action::kPartition, .target = "FRA"},
                       {.at = 5s, .action = Action::kPurge, .target = "news"},
                       {.at = 8s, .action = Action::kRejoin, .target = "FRA"},
                       {.at = 20s, .action = Action::kKill, .target = kControlPlane},
                       {.at = 21s, .action = Action::kPurge, .target = "news"}};
  const History history(scenario, TwoPops(), kTimes);
  const Duration first = 1s + kTimes.command + kTimes.wave, second = first + 4s;
  EXPECT_EQ(history.PurgedAt(0, 0, 1s), Duration::min());
  EXPECT_EQ(history.PurgedAt(0, 0, first), first);
  EXPECT_EQ(history.PurgedAt(1, 0, 9s), Duration::min()) << "another worker's";
  EXPECT_EQ(history.PurgedAt(0, 0, 7s), first) << "cut off";
  EXPECT_EQ(history.PurgedAt(0, 1, 7s), second);
  EXPECT_EQ(history.PurgedAt(0, 0, 9s), second);
  EXPECT_EQ(history.PurgedAt(0, 0, 30s), second);
  EXPECT_EQ(history.events()[5].detail, "the control plane cannot be reached");
}

TEST(History, AnEventForNoNodeFails) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = "LHR"}};
  const History history(scenario, TwoPops(), kTimes);
  ASSERT_EQ(history.events().size(), 1u);
  EXPECT_FALSE(history.events()[0].ok);
  EXPECT_EQ(history.events()[0].detail, "no node LHR");
  EXPECT_EQ(history.moments().size(), 1u);
}

TEST(History, WithoutAControlPlaneNobodyHearsOfADeath) {
  Scenario scenario;
  scenario.timeline = {{.at = 1s, .action = Action::kKill, .target = kControlPlane},
                       {.at = 2s, .action = Action::kKill, .target = "FRA"},
                       {.at = 3s, .action = Action::kDrain, .target = "NRT"},
                       {.at = 10s, .action = Action::kStart, .target = kControlPlane},
                       {.at = 20s, .action = Action::kDrain, .target = "NRT"}};
  const History history(scenario, TwoPops(), kTimes);
  EXPECT_FALSE(history.At(0, 3s).alive);
  EXPECT_EQ(history.At(0, 10s).believed(), dns::NodeState::kReady);
  // It is up at 10.32 s and gives FRA up three seconds later.
  EXPECT_EQ(history.At(0, 13s + 324ms).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.At(0, 13s + 325ms).believed(), dns::NodeState::kDown);
  EXPECT_EQ(history.At(1, 15s).believed(), dns::NodeState::kReady);
  EXPECT_EQ(history.At(1, 21s).believed(), dns::NodeState::kDraining);
  const auto events = history.events();
  ASSERT_EQ(events.size(), 5u);
  EXPECT_TRUE(events[0].ok && events[1].ok && events[3].ok && events[4].ok);
  EXPECT_EQ(events[2].detail, "the control plane cannot be reached");
}

}  // namespace
}  // namespace terrella::sim
