// Goal: what moved, and what it cost, adds up; nothing depends on the number of threads.
#include "sim/bgp/what_if.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/bgp/presets.h"
#include "sim/bgp/test_world.h"

namespace terrella::bgp {
namespace {

class WhatIf : public testing::Test {
 protected:
  AnycastNetwork Preset(std::string_view name, size_t sites) const {
    return MakeNetwork(internet_, FirstHubs(sites), *FindPreset(name));
  }
  Catchment CatchmentOf(const AnycastNetwork& network) const {
    Catchment out;
    CatchmentEngine(internet_).Run(network, out);
    return out;
  }
  const Internet& internet_ = *TestInternet();
};

TEST_F(WhatIf, NothingChangesWhenNothingChanges) {
  const Catchment catchment = CatchmentOf(Preset("cdn", 20));
  const Difference difference = Compare(internet_, catchment, catchment);
  EXPECT_EQ(difference.moved, 0);
  EXPECT_EQ(difference.added_ms, 0);
  EXPECT_TRUE(difference.moves.empty());
}

TEST_F(WhatIf, SummaryCountsEverybodyAndItsQuantilesRise) {
  const Catchment catchment = CatchmentOf(Preset("cdn", 20));
  const RttSummary summary = Summarise(internet_, catchment);
  EXPECT_NEAR(summary.users + summary.unserved, internet_.users(), 1);
  EXPECT_GT(summary.p50_ms, 0);
  EXPECT_LE(summary.p50_ms, summary.p90_ms);
  EXPECT_LE(summary.p90_ms, summary.p99_ms);
  const std::vector<double> load = Load(internet_, Preset("cdn", 20), catchment);
  EXPECT_NEAR(std::accumulate(load.begin(), load.end(), 0.0), summary.users, 1);
}

TEST_F(WhatIf, NobodyIsServedByANetworkThatTellsNobody) {
  AnycastNetwork network = Preset("startup", 3);
  network.sessions.clear();
  const RttSummary summary = Summarise(internet_, CatchmentOf(network));
  EXPECT_EQ(summary.users, 0);
  EXPECT_NEAR(summary.unserved, internet_.users(), 1);
}

TEST_F(WhatIf, FailuresAreWorstFirstAndMoveWhomTheSiteServed) {
  const AnycastNetwork network = Preset("cdn", 15);
  const std::vector<double> load = Load(internet_, network, CatchmentOf(network));
  const std::vector<Failure> failures = AllFailures(internet_, network, 1);
  size_t sites = 0, transits = 0, exchanges = 0;
  for (size_t i = 0; i < failures.size(); ++i) {
    const Failure& failure = failures[i];
    sites += failure.kind == FailureKind::kSite;
    transits += failure.kind == FailureKind::kTransit;
    exchanges += failure.kind == FailureKind::kExchange;
    if (failure.kind == FailureKind::kSite) {
      EXPECT_GE(failure.difference.moved, load[failure.site] * 0.999999);
    }
    double moved = 0;
    for (const Move& move : failure.difference.moves) moved += move.users;
    EXPECT_NEAR(moved, failure.difference.moved, 1);
    if (i == 0) continue;
    const auto key = [](const Failure& f) {
      return std::pair(f.difference.unserved, f.difference.added_ms);
    };
    EXPECT_GE(key(failures[i - 1]), key(failure));
  }
  EXPECT_EQ(sites, 15u);
  EXPECT_GE(transits, 3u);
  EXPECT_GT(exchanges, 5u);
}

TEST_F(WhatIf, TheHeaviestSiteIsThatWhoseLoadGrowsMost) {
  for (const std::string_view name : {"cdn", "root"}) {
    const AnycastNetwork network = Preset(name, 15);
    const std::vector<double> before = Load(internet_, network, CatchmentOf(network));
    for (const Failure& failure : AllFailures(internet_, network, 1)) {
      if (failure.kind != FailureKind::kTransit) continue;
      const AnycastNetwork without = Without(network, {.as = failure.as});
      const std::vector<double> after = Load(internet_, without, CatchmentOf(without));
      double most = 0;
      for (size_t site = 0; site < after.size(); ++site) {
        most = std::max(most, after[site] - before[site]);
      }
      EXPECT_NEAR(failure.heaviest_users, most, 1) << name;
      if (failure.heaviest == kNoSite) continue;
      EXPECT_NEAR(after[failure.heaviest] - before[failure.heaviest], most, 1) << name;
    }
  }
}

TEST_F(WhatIf, ASiteWithoutSessionsIsNobodysNearest) {
  const std::vector<HubId> sites = FirstHubs(8), fewer(sites.begin() + 1, sites.end());
  const AnycastNetwork dark = Without(Preset("cdn", 8), {.site = SiteId{0}});
  const AnycastNetwork never = MakeNetwork(internet_, fewer, *FindPreset("cdn"));
  const Penalty a = PenaltyOf(internet_, dark, CatchmentOf(dark), 1);
  const Penalty b = PenaltyOf(internet_, never, CatchmentOf(never), 1);
  EXPECT_DOUBLE_EQ(a.nearest_site, b.nearest_site);
  EXPECT_DOUBLE_EQ(a.over_5000_km, b.over_5000_km);
}

TEST_F(WhatIf, FailuresOfARegionalNetworkSendPeopleToAnotherRegion) {
  const std::vector<HubId> sites = {*internet_.hubs().Find("FRA"), *internet_.hubs().Find("IAD"),
                                    *internet_.hubs().Find("ORD")};
  const AnycastNetwork network = MakeNetwork(internet_, sites, *FindPreset("regional"));
  const Catchment before = CatchmentOf(network);
  for (const Failure& failure : AllFailures(internet_, network, 1)) {
    if (failure.kind != FailureKind::kSite) continue;
    const AnycastNetwork without = Without(network, {.site = failure.site});
    const Difference full = Compare(internet_, before, CatchmentOf(without));
    EXPECT_DOUBLE_EQ(failure.difference.moved, full.moved);
    EXPECT_DOUBLE_EQ(failure.difference.added_ms, full.added_ms);
    EXPECT_EQ(failure.difference.unserved, 0) << "the other sites are still there";
    EXPECT_GT(failure.difference.moved, 0);
  }
}

TEST_F(WhatIf, DoesNotDependOnTheNumberOfThreads) {
  const AnycastNetwork network = Preset("cdn", 12);
  const std::vector<Failure> one = AllFailures(internet_, network, 1);
  const std::vector<Failure> four = AllFailures(internet_, network, 4);
  ASSERT_EQ(one.size(), four.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].site, four[i].site);
    EXPECT_EQ(one[i].as, four[i].as);
    EXPECT_EQ(one[i].difference.added_ms, four[i].difference.added_ms);
  }
  const Catchment catchment = CatchmentOf(network);
  const Penalty a = PenaltyOf(internet_, network, catchment, 1);
  const Penalty b = PenaltyOf(internet_, network, catchment, 3);
  EXPECT_EQ(a.over_1_ms, b.over_1_ms);
  EXPECT_EQ(a.quantiles_ms, b.quantiles_ms);
  EXPECT_TRUE(std::is_sorted(a.quantiles_ms.begin(), a.quantiles_ms.end()));
  const auto over_25 = std::upper_bound(a.quantiles_ms.begin(), a.quantiles_ms.end(), 25.0f);
  EXPECT_NEAR(static_cast<double>(a.quantiles_ms.end() - over_25) / 101, a.over_25_ms, 0.02);
  EXPECT_EQ(a.nearest_site, b.nearest_site);
}

// The published range, on a small synthetic Internet.
TEST_F(WhatIf, PresetsBehaveAsMeasuredNetworksDo) {
  const auto penalty = [&](std::string_view name) {
    const AnycastNetwork network = Preset(name, 50);
    return PenaltyOf(internet_, network, CatchmentOf(network), 1);
  };
  const Penalty root = penalty("root");
  EXPECT_GE(root.over_1_ms, 0.75) << "Koch et al. 2021: more than 95 % of users inflated";
  EXPECT_GE(root.over_5000_km, 0.2) << "Li et al. 2018: many queries by over 5,000 km";
  const Penalty cdn = penalty("cdn");
  EXPECT_GE(cdn.over_1_ms, 0.1) << "Calder et al. 2015: roughly 20 %";
  EXPECT_LE(cdn.over_1_ms, 0.45) << "Koch et al. 2021: 35 % of a CDN's users";
  EXPECT_LE(penalty("startup").over_25_ms, 0.15) << "one carrier everywhere is near-geographic";
}

}  // namespace
}  // namespace terrella::bgp
