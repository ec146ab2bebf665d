#include "cli/commands/run_words.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace terrella::cli {
namespace {

constexpr size_t kRunBytesMax = 128 << 10;  // as a control plane takes

TEST(RunWords, TheLongestTimelineAndAssertionsFitIntoARun) {
  sim::Scenario scenario{.name = std::string(1000, 'n')};
  std::vector<sim::EventRecord> done;
  for (int i = 0; i < 300; ++i) {
    scenario.timeline.push_back({.at = std::chrono::seconds(i), .target = std::string(1000, 'p')});
    scenario.assertions.push_back({.text = std::string(1000, 'a')});
    done.push_back({.at = std::chrono::seconds(i),
                    .action = EventText(scenario.timeline.back()),
                    .ok = false,
                    .detail = std::string(1000, 'd')});
  }
  v1::Run run = PlannedRun(scenario, "30 PoPs, live", RunsOn::kCluster);
  TellTimeline(done, run);
  ASSERT_EQ(run.timeline_size(), 256);
  EXPECT_TRUE(run.timeline(255).done());
  for (v1::RunAssertion& assertion : *run.mutable_assertions()) {
    assertion.set_verdict(v1::RunAssertion::FAILS);
    assertion.set_is("-1.234e+100");
  }
  EXPECT_LT(run.ByteSizeLong() + 1000, kRunBytesMax) << "and there are the regions";
}

TEST(RunWords, WhatWentWrongMayBeAnyBytes) {
  sim::Scenario scenario;
  scenario.timeline.push_back({.target = "FRA"});
  v1::Run run = PlannedRun(scenario, "live", RunsOn::kCluster);
  TellTimeline({{.action = "kill FRA", .ok = false, .detail = "no \xff\xc3 node"}}, run);
  EXPECT_TRUE(run.timeline(0).done());
  EXPECT_TRUE(IsUtf8(run.timeline(0).trouble())) << run.timeline(0).trouble();
  EXPECT_TRUE(run.timeline(0).trouble().starts_with("no "));
}

TEST(RunWords, InVirtualTimeEventsAreDoneWhenTheyWereDueAndNoNodeIsAimedAt) {
  sim::Scenario scenario;
  for (const int at_s : {2, 4}) {
    scenario.timeline.push_back({.at = std::chrono::seconds(at_s), .target = "FRA"});
  }
  EXPECT_EQ(PlannedRun(scenario, "live", RunsOn::kCluster).timeline(0).target(), "FRA");
  v1::Run run = PlannedRun(scenario, "in virtual time", RunsOn::kVirtualTime);
  EXPECT_EQ(run.timeline(0).target(), "");
  EXPECT_EQ(run.timeline(0).action(), "kill FRA");
  TellTimelineUntil(std::chrono::seconds(3), run);
  EXPECT_TRUE(run.timeline(0).done());
  EXPECT_FALSE(run.timeline(1).done());
}

}  // namespace
}  // namespace terrella::cli
