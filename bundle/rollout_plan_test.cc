#include "bundle/rollout_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::HasSubstr;

TEST(RolloutPlan, TheSafeOneIsSound) {
  EXPECT_TRUE(CheckRolloutPlan(SafePlan()).ok());
  const auto empty = ParseRolloutPlan("", "plan.toml");
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->SerializeAsString(), SafePlan().SerializeAsString());
}

TEST(RolloutPlan, SaysWhatIsWrittenAndEndsWithEverything) {
  const auto plan = ParseRolloutPlan(R"(
bake = "2s"
[[waves]]
place = "FRA,NA"
percent = 0.5
[[waves]]
percent = 20
bake = "10m"
[gates]
error_rate_excess_percent = 0.2
p99_ratio = 3
requests_min = 7
when_quiet = "pass"
)",
                                     "plan.toml");
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->waves_size(), 3);
  EXPECT_EQ(plan->waves(0).place(), "FRA,NA");
  EXPECT_EQ(plan->waves(0).basis_points(), 50u);
  EXPECT_EQ(plan->waves(0).bake_ms(), 2'000u);
  EXPECT_EQ(plan->waves(1).place(), "all");
  EXPECT_EQ(plan->waves(1).bake_ms(), 600'000u);
  EXPECT_EQ(plan->waves(2).basis_points(), 10'000u);
  EXPECT_DOUBLE_EQ(plan->gates().error_rate_excess(), 0.002);
  EXPECT_EQ(plan->gates().requests_min(), 7u);
  EXPECT_TRUE(plan->gates().pass_when_quiet());
  EXPECT_DOUBLE_EQ(plan->gates().p99_floor_ms(), 5);
}

TEST(RolloutPlan, WhatCannotBeIsSaidWithItsPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"[[waves]]\nplace='all'\npercent=100\n[[waves]]\npercent=50", "less than 100"},
      {"[[waves]]\nplace='EU'\npercent=100", "less than 100"},
      {"[[waves]]\npercent=50\n[[waves]]\npercent=20", "smaller share (20 %)"},
      {"[[waves]]\nplace='EU'", "needs its 'percent'"},
      {"[[waves]]\npercent=0", "plan.toml:2"},
      {"[[waves]]\npercent=5\nplac='EU'", "plac"},
      {"bake='never'", "plan.toml:1"},
      {"[gates]\nwhen_quiet='panic'", "\"hold\" or \"pass\""},
      {"[gates]\np99_ratio=0.5", "plan.toml:2"},
      {"[gates]\nrequests_min=0", "plan.toml:2"},
  };
  for (const auto& [text, said] : cases) {
    const auto plan = ParseRolloutPlan(text, "plan.toml");
    EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(Message(plan.status()), HasSubstr(said));
  }
}

TEST(RolloutPlan, ItsTextIsReadAsTheSamePlan) {
  const auto plan = ParseRolloutPlan(
      "bake='2500ms'\n[[waves]]\nplace='FRA,EU'\npercent=2.5\n[[waves]]\nplace='all'\npercent=33\n"
      "bake='3s'\n[gates]\nerror_rate_excess_percent=0.5\np99_ratio=3\nwhen_quiet='pass'\n",
      "plan.toml");
  ASSERT_TRUE(plan.ok()) << plan.status();
  const auto again = ParseRolloutPlan(RolloutPlanText(*plan), "again.toml");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(plan->SerializeAsString(), again->SerializeAsString());
}

TEST(RolloutPlan, WhatComesOverTheWireIsCheckedAgain) {
  v1::RolloutPlan plan = SafePlan();
  plan.mutable_gates()->set_p99_ratio(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(Message(CheckRolloutPlan(plan)), HasSubstr("p99_ratio"));
  plan = SafePlan();
  plan.mutable_waves()->RemoveLast();
  EXPECT_THAT(Message(CheckRolloutPlan(plan)), HasSubstr("last wave"));
  EXPECT_FALSE(CheckRolloutPlan({}).ok());
}

}  // namespace
}  // namespace terrella::bundle
