// Goal: a detour is taken when it is faster, and only then.
#include "sim/net/relay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "sim/net/data_dir.h"
#include "sim/net/places.h"

namespace terrella::net {
namespace {

struct World {
  std::shared_ptr<const Places> places;
  std::shared_ptr<const LatencyModel> model;
  std::vector<Endpoint> sites;
};
const World& TheWorld() {
  static const World world = [] {
    World out;
    const auto dir = FindDataDir();
    CHECK(dir.ok());
    out.places = *Places::Load(*dir);
    out.model = *LatencyModel::Load(*dir);
    for (const PopSite& site : out.places->pops().sites()) {
      out.sites.push_back(out.model->SiteAt(site));
    }
    return out;
  }();
  return world;
}

TEST(Relay, IsAsFastAsTheFastestOfAllWays) {
  const World& world = TheWorld();
  const std::span<const Endpoint> relays = std::span(world.sites).first(60);
  int detours = 0;
  for (size_t a = 60; a < 90; ++a) {
    for (size_t b = 90; b < 120; ++b) {
      const Endpoint &from = world.sites[a], &to = world.sites[b];
      const Detour detour = BestDetour(*world.model, from, to, relays);
      double best_ms = world.model->RttMs(from, to);
      EXPECT_EQ(detour.direct_ms, best_ms);
      for (const Endpoint& relay : relays) {
        best_ms =
            std::min(best_ms, world.model->RttMs(from, relay) + world.model->RttMs(relay, to));
      }
      EXPECT_DOUBLE_EQ(detour.ms, best_ms);
      EXPECT_EQ(detour.relay.has_value(), detour.ms < detour.direct_ms);
      EXPECT_GE(detour.gain(), 0);
      detours += detour.relay.has_value();
    }
  }
  EXPECT_GT(detours, 0);
  EXPECT_LT(detours, 900);
}

TEST(Relay, NobodyRelaysWithoutRelaysOrFromOnePlaceToItself) {
  const World& world = TheWorld();
  EXPECT_FALSE(BestDetour(*world.model, world.sites[0], world.sites[1], {}).relay);
  EXPECT_FALSE(BestDetour(*world.model, world.sites[0], world.sites[0], world.sites).relay);
}

}  // namespace
}  // namespace terrella::net
