#include "sim/chaos/fault_plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using Action = TimelineEvent::Action;

std::vector<net::PopSite> Pops(size_t count) {
  std::vector<net::PopSite> out;
  for (size_t i = 0; i < count; ++i) out.push_back({.iata = "P" + std::to_string(i)});
  return out;
}

TEST(FaultPlan, HasEveryKindOfFaultInTimeAndWithinItsLimits) {
  Scenario scenario;
  scenario.duration = 20s;
  scenario.workers = {{.name = "x", .path = "hello"}};
  const FaultOptions options;
  std::map<Action, int> seen;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto faults = DrawFaults(scenario, Pops(30), seed, options);
    EXPECT_GE(faults.size(), options.faults_min);
    EXPECT_LE(faults.size(), options.faults_max);
    std::set<std::string> targets;
    Duration last{};
    for (const TimelineEvent& fault : faults) {
      ++seen[fault.action];
      EXPECT_GE(fault.at, last);
      EXPECT_LT(fault.at, 16s);
      last = fault.at;
      if (fault.action != Action::kDeploy) targets.insert(fault.target);
    }
    EXPECT_LE(targets.size(), options.pops_max);
  }
  EXPECT_EQ(seen.size(), 5u);
  for (const auto& [action, count] : seen) EXPECT_GT(count, 100) << ActionName(action);
}

TEST(FaultPlan, ASeedHasAlwaysTheSame) {
  Scenario scenario;
  const auto of = [&](uint64_t seed) {
    std::string text;
    for (const TimelineEvent& fault : DrawFaults(scenario, Pops(5), seed, {})) {
      text += std::to_string(fault.at.count()) + std::string(ActionName(fault.action)) +
              fault.target + " ";
    }
    return text;
  };
  EXPECT_EQ(of(1), of(1));
  EXPECT_NE(of(1), of(2));
  EXPECT_EQ(of(1).find("deploy"), std::string::npos) << "there is nothing to deploy";
}

TEST(FaultPlan, FaultsStandBetweenTheScenariosOwn) {
  Scenario scenario;
  scenario.timeline = {{.at = 3s, .target = "own"}};
  const std::vector<TimelineEvent> faults = {{.at = 1s, .target = "a"}, {.at = 3s, .target = "b"}};
  const Scenario out = WithFaults(scenario, faults, 77);
  EXPECT_EQ(out.seed, 77u);
  ASSERT_EQ(out.timeline.size(), 3u);
  EXPECT_EQ(out.timeline[0].target, "a");
  EXPECT_EQ(out.timeline[1].target, "own");
  EXPECT_EQ(out.timeline[2].target, "b");
}

TEST(FaultPlan, TheControlPlaneDiesAndNodesAreCutOffWhereItIsAskedFor) {
  Scenario scenario;
  scenario.duration = 20s;
  FaultOptions options{.faults_min = 30, .faults_max = 30};
  std::map<Action, int> with, without;
  int of_control = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    options.control = false;
    for (const auto& fault : DrawFaults(scenario, Pops(5), seed, options)) ++without[fault.action];
    options.control = true;
    for (const auto& fault : DrawFaults(scenario, Pops(5), seed, options)) {
      ++with[fault.action];
      of_control += fault.target == kControlPlane;
    }
  }
  EXPECT_EQ(without[Action::kPartition] + without[Action::kRejoin], 0);
  EXPECT_GT(with[Action::kPartition], 50);
  EXPECT_GT(with[Action::kRejoin], 50);
  EXPECT_GT(of_control, 100);
}

TEST(FaultPlan, DisksBecomeSlowAndClocksWrongAndThatEndsWhereItIsAskedFor) {
  Scenario scenario;
  scenario.duration = 20s;
  FaultOptions options{.faults_min = 30, .faults_max = 30};
  int disks = 0, ahead = 0, behind = 0, ends = 0, of_none = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    options.disks_and_clocks = false;
    for (const auto& fault : DrawFaults(scenario, Pops(5), seed, options)) {
      of_none += HasAmount(fault.action);
    }
    options.disks_and_clocks = true;
    for (const auto& fault : DrawFaults(scenario, Pops(5), seed, options)) {
      if (!HasAmount(fault.action)) continue;
      const bool is_disk = fault.action == Action::kSlowDisk;
      EXPECT_LE(is_disk ? fault.by : std::chrono::abs(fault.by), is_disk ? kSlowDiskMax : kSkewMax);
      EXPECT_TRUE(!is_disk || fault.by >= Duration(0));
      disks += is_disk && fault.by > Duration(0);
      ahead += !is_disk && fault.by > Duration(0);
      behind += fault.by < Duration(0);
      ends += fault.by == Duration(0);
    }
  }
  EXPECT_EQ(of_none, 0);
  for (const int count : {disks, ahead, behind, ends}) EXPECT_GT(count, 30);
}

}  // namespace
}  // namespace terrella::sim
