#include "bundle/version_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using ::testing::HasSubstr;

std::vector<v1::VersionShare> Shares(const std::vector<std::pair<std::string, uint32_t>>& wanted) {
  std::vector<v1::VersionShare> shares;
  for (const auto& [id, basis_points] : wanted) {
    shares.emplace_back();
    shares.back().set_version_id(id);
    shares.back().set_basis_points(basis_points);
  }
  return shares;
}

TEST(VersionShares, ADeploymentOfOneVersionHasOneShare) {
  v1::Deployment deployment;
  deployment.set_version_id("v1");
  const auto shares = SharesOf(deployment);
  ASSERT_EQ(shares.size(), 1u);
  EXPECT_EQ(shares[0].version_id(), "v1");
  EXPECT_EQ(shares[0].basis_points(), kAllRequests);
  EXPECT_TRUE(CheckShares(shares).ok());
}

TEST(VersionShares, AVersionAnswersThoughItsShareIsNothing) {
  v1::Deployment deployment;
  deployment.set_version_id("v1");
  for (const v1::VersionShare& share : Shares({{"v2", 0}, {"v1", 10'000}})) {
    *deployment.add_shares() = share;
  }
  EXPECT_EQ(SharesOf(deployment).size(), 2u);
  EXPECT_TRUE(Answers(deployment, "v2"));
  EXPECT_FALSE(Answers(deployment, "v3"));
}

TEST(VersionShares, APlaceHasTheFirstSharesThatNameIt) {
  v1::Deployment deployment;
  deployment.set_version_id("v1");
  auto place = [&](const v1::Scope& scope, uint32_t basis_points) {
    v1::PlacedShares& placed = *deployment.add_placed();
    *placed.mutable_scope() = scope;
    for (const auto& share : Shares({{"v2", basis_points}, {"v1", 10'000 - basis_points}})) {
      *placed.add_shares() = share;
    }
  };
  v1::Scope canary, region;
  canary.add_pops("FRA");
  region.add_continents("EU");
  place(canary, 2'500);
  place(region, 500);
  EXPECT_EQ(SharesAt(deployment, {"FRA", "EU"})[0].basis_points(), 2'500u);
  EXPECT_EQ(SharesAt(deployment, {"MAD", "EU"})[0].basis_points(), 500u);
  EXPECT_EQ(SharesAt(deployment, {"NRT", "AS"}).size(), 1u);
  EXPECT_TRUE(Answers(deployment, "v2"));
  EXPECT_TRUE(IsSplit(deployment));
  EXPECT_EQ(VersionsOf(deployment), (std::vector<std::string>{"v1", "v2"}));
  EXPECT_TRUE(CheckShares(deployment).ok());
  place({}, 10'001);
  EXPECT_FALSE(CheckShares(deployment).ok());
}

TEST(VersionShares, WhatIsNoWholeIsRefused) {
  const std::pair<std::vector<v1::VersionShare>, const char*> cases[] = {
      {{}, "got 0"},
      {Shares({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 9'996}}), "got 5"},
      {Shares({{"a", 5'000}, {"a", 5'000}}), "two shares"},
      {Shares({{"a", 5'000}, {"b", 4'999}}), "99.99 %"},
      {Shares({{"a", 4'294'967'295}, {"b", 10'001}}), "add up to"},
  };
  for (const auto& [shares, reason] : cases) {
    const absl::Status status = CheckShares(shares);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(status), HasSubstr(reason));
  }
}

}  // namespace
}  // namespace terrella::bundle
