// Goal: sites are chosen by what users gain, and that is more than by distance.
#include "sim/bgp/placement.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "sim/bgp/test_world.h"

namespace terrella::bgp {
namespace {

class Placement : public testing::Test {
 protected:
  double MeanOf(std::vector<HubId> sites, std::span<const PlacedSite> more,
                const PresetOptions& preset) const {
    for (const PlacedSite& site : more) sites.push_back(site.hub);
    Catchment catchment;
    CatchmentEngine(internet_).Run(MakeNetwork(internet_, sites, preset), catchment);
    return MeanMs(internet_, catchment);
  }
  const Internet& internet_ = *TestInternet();
  const std::vector<HubId> all_ = FirstHubs(308);
};

TEST_F(Placement, TheFirstSiteIsTheBestOfAll) {
  const PresetOptions preset = *FindPreset("cdn");
  const std::vector<HubId> sites = FirstHubs(12), candidates(all_.begin() + 12, all_.begin() + 60);
  const std::vector<PlacedSite> placed =
      PlaceByUsers(internet_, sites, {.candidates = candidates, .count = 1, .preset = preset});
  ASSERT_EQ(placed.size(), 1u);
  const double chosen = MeanOf(sites, placed, preset);
  for (const HubId hub : candidates) {
    const PlacedSite other{.hub = hub};
    EXPECT_LE(chosen, MeanOf(sites, {&other, 1}, preset) + 1e-6);
  }
  EXPECT_GT(placed[0].served, 0);
  EXPECT_GT(placed[0].faster, placed[0].slower);
}

TEST_F(Placement, BeatsDistanceOnEveryPreset) {
  for (const char* name : {"cdn", "root", "startup", "regional"}) {
    const PresetOptions preset = *FindPreset(name);
    const std::vector<HubId> sites = FirstHubs(8);
    const PlacementOptions options{.candidates = all_, .count = 4, .preset = preset};
    const std::vector<PlacedSite> ours = PlaceByUsers(internet_, sites, options);
    const std::vector<PlacedSite> map = PlaceByDistance(internet_, sites, options);
    ASSERT_EQ(map.size(), 4u);
    const double before = MeanOf(sites, {}, preset), by_users = MeanOf(sites, ours, preset);
    const double by_distance = MeanOf(sites, map, preset);
    EXPECT_LT(by_users, before) << name;
    EXPECT_LT(by_users, by_distance) << name;
    RecordProperty(name, fmt::format("{:.1f} -> {:.1f}, by distance {:.1f} ms", before, by_users,
                                     by_distance));
  }
}

TEST_F(Placement, EachStepIsNoWorseAndThreadsDoNotMatter) {
  const PlacementOptions one{.candidates = all_, .count = 3, .preset = *FindPreset("cdn")};
  PlacementOptions four = one;
  four.threads = 4;
  const std::vector<HubId> sites = FirstHubs(20);
  const std::vector<PlacedSite> a = PlaceByUsers(internet_, sites, one);
  const std::vector<PlacedSite> b = PlaceByUsers(internet_, sites, four);
  ASSERT_EQ(a.size(), 3u);
  ASSERT_EQ(b.size(), 3u);
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].hub, b[i].hub);
    EXPECT_EQ(a[i].after.mean_ms, b[i].after.mean_ms);
    EXPECT_LE(a[i].after.mean_ms, a[i == 0 ? 0 : i - 1].after.mean_ms);
  }
}

TEST_F(Placement, SitesThatAreThereAreNoCandidates) {
  const std::vector<HubId> sites = FirstHubs(5);
  EXPECT_TRUE(
      PlaceByUsers(internet_, sites, {.candidates = sites, .preset = *FindPreset("cdn")}).empty());
}

}  // namespace
}  // namespace terrella::bgp
