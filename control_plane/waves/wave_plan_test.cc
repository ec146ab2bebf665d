#include "control_plane/waves/wave_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "bundle/rollout_plan.h"

namespace terrella::control {
namespace {

using ::testing::HasSubstr;

const std::vector<WaveNode> kNodes = {{"FRA", "EU", true, 5},
                                      {"MAD", "EU", true, 900},
                                      {"SYD", "OC", false, 5000},
                                      {"IAD", "NA", true, 30}};

v1::Rollout SafeRollout() {
  v1::Rollout rollout;
  rollout.set_new_version("new");
  rollout.set_old_version("old");
  *rollout.mutable_plan() = bundle::SafePlan();
  EXPECT_TRUE(PlaceWaves(kNodes, *rollout.mutable_plan()).ok());
  return rollout;
}

TEST(WavePlan, TheCanaryIsWhereTheTrafficIs) {
  const v1::Rollout rollout = SafeRollout();
  EXPECT_EQ(WaveText(rollout.plan().waves(0)), "MAD 5 %");
  EXPECT_EQ(WaveText(rollout.plan().waves(1)), "EU 25 %");
  EXPECT_EQ(WaveText(rollout.plan().waves(2)), "all 50 %");
}

TEST(WavePlan, WavesLieOverEachOther) {
  v1::Rollout rollout = SafeRollout();
  rollout.set_wave(1);
  const WaveShares shares = SharesIn(rollout);
  ASSERT_EQ(shares.base.size(), 1u);
  EXPECT_EQ(shares.base[0].version_id(), "old");
  ASSERT_EQ(shares.placed.size(), 2u) << "the region, over the canary";
  EXPECT_EQ(shares.placed[0].shares(0).version_id(), "new");
  EXPECT_EQ(shares.placed[0].shares(0).basis_points(), 2'500u);
  EXPECT_TRUE(InWaves(rollout, {"FRA", "EU"}));
  EXPECT_FALSE(InWaves(rollout, {"IAD", "NA"}));
}

TEST(WavePlan, TheLastWavesAreEverywhere) {
  v1::Rollout rollout = SafeRollout();
  rollout.set_wave(2);
  EXPECT_EQ(SharesIn(rollout).base.size(), 2u);
  EXPECT_TRUE(SharesIn(rollout).placed.empty());
  EXPECT_TRUE(InWaves(rollout, {"IAD", "NA"}));
  rollout.set_wave(3);
  ASSERT_EQ(SharesIn(rollout).base.size(), 1u);
  EXPECT_EQ(SharesIn(rollout).base[0].version_id(), "new");
}

TEST(WavePlan, APlaceIsKnownOrNamedInTheError) {
  v1::RolloutPlan plan = bundle::SafePlan();
  plan.mutable_waves(0)->set_place("FRA,OC");
  EXPECT_TRUE(PlaceWaves(kNodes, plan).ok());
  EXPECT_EQ(WaveText(plan.waves(0)), "FRA,OC 5 %");
  plan.mutable_waves(0)->set_place("Mars");
  const absl::Status unknown = PlaceWaves(kNodes, plan);
  EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(unknown), HasSubstr("EU, NA, OC, FRA, IAD, MAD, SYD"));
  plan.mutable_waves(0)->set_place("all,EU");
  EXPECT_THAT(Message(PlaceWaves(kNodes, plan)), HasSubstr("stands alone"));
  plan.mutable_waves(0)->set_place("canary");
  EXPECT_EQ(PlaceWaves({{"FRA", "EU", false, 0}}, plan).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace terrella::control
