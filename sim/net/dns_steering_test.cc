#include "sim/net/dns_steering.h"

#include <gtest/gtest.h>

#include "sim/net/data_dir.h"

namespace terrella::net {
namespace {

struct World {
  std::shared_ptr<const Places> places;
  std::shared_ptr<const LatencyModel> latency;
};
const World& TheWorld() {
  static const World world = [] {
    const auto dir = *FindDataDir();
    return World{*Places::Load(dir), *LatencyModel::Load(dir)};
  }();
  return world;
}

std::vector<SteeredCity> Steer(std::string_view sites, std::string_view resolvers,
                               const SteeringOptions& options = {}) {
  const Pops& pops = TheWorld().places->pops();
  return SteerAll(*TheWorld().places, *TheWorld().latency, *pops.Preset(sites),
                  *pops.Preset(resolvers), options);
}

SteeringQuality Everybody(std::span<const SteeredCity> cities, SteeringWay way) {
  return QualityOf(*TheWorld().places, cities, way, [](const SteeredCity&) { return true; });
}

size_t W(SteeringWay way) {
  return static_cast<size_t>(way);
}

TEST(DnsSteering, NothingBeatsKnowingTheCity) {
  for (const char* resolvers : {"google-dns", "world-12", "1"}) {
    for (const SteeredCity& city : Steer("world-100", resolvers)) {
      for (size_t way = 0; way < kSteeringWays; ++way) {
        EXPECT_GE(city.rtt_ms[way], city.rtt_ms[W(SteeringWay::kDirect)]);
      }
      EXPECT_EQ(city.site[W(SteeringWay::kEcs)], city.site[W(SteeringWay::kDirect)]);
    }
  }
}

TEST(DnsSteering, AResolverFarAwayNamesASiteNearItself) {
  const Places& places = *TheWorld().places;
  // One resolver for the world, in Frankfurt: without ECS everybody is sent there.
  const auto cities = Steer("world-30", "1");
  const CityId sydney = places.Find("Sydney")->city;
  EXPECT_EQ(cities[sydney].site[W(SteeringWay::kPublic)], 0u);
  EXPECT_GT(cities[sydney].resolver_km, 16'000);
  EXPECT_TRUE(cities[sydney].resolver_abroad);
  EXPECT_GT(cities[sydney].rtt_ms[W(SteeringWay::kPublic)], 200);
  EXPECT_LT(cities[sydney].rtt_ms[W(SteeringWay::kEcs)], 20);
  EXPECT_GT(Everybody(cities, SteeringWay::kPublic).misdirected, 0.8);
}

TEST(DnsSteering, ABlockKnownByCountryStandsForItsLargestCity) {
  const Places& places = *TheWorld().places;
  const auto cities = Steer("world-308", "google-dns");
  const CityId seattle = places.Find("Seattle")->city,
               new_york = places.Find("New York City")->city;
  EXPECT_EQ(cities[seattle].site[W(SteeringWay::kEcsCountry)],
            cities[new_york].site[W(SteeringWay::kDirect)]);
  // The largest city itself is served as if it were known.
  EXPECT_EQ(cities[new_york].rtt_ms[W(SteeringWay::kEcsCountry)],
            cities[new_york].rtt_ms[W(SteeringWay::kDirect)]);
}

TEST(DnsSteering, ANetworksOwnResolverIsInALargeCityNotFarOff) {
  // Within 0 km it is in the person's own city; the farther it may be, the worse.
  double before_ms = 0;
  for (const double km : {0.0, 300.0, 1000.0, 5000.0}) {
    const auto cities = Steer("world-308", "google-dns", {.isp_resolver_km = km});
    const SteeringQuality isp = Everybody(cities, SteeringWay::kIsp);
    if (km == 0) {
      EXPECT_EQ(isp.rtt_mean_ms, Everybody(cities, SteeringWay::kDirect).rtt_mean_ms);
    }
    EXPECT_GE(isp.rtt_mean_ms, before_ms) << km;
    before_ms = isp.rtt_mean_ms;
  }
}

TEST(DnsSteering, QualityWeighsByUsers) {
  const Places& places = *TheWorld().places;
  const auto cities = Steer("world-30", "google-dns");
  const CityId a = places.Find("Lagos")->city, b = places.Find("Berlin")->city;
  const auto both = [&](const SteeredCity& city) { return city.city == a || city.city == b; };
  const SteeringQuality quality = QualityOf(places, cities, SteeringWay::kPublic, both);
  const double users_a = places.cities()[a].users, users_b = places.cities()[b].users;
  const size_t w = W(SteeringWay::kPublic);
  EXPECT_DOUBLE_EQ(quality.users, users_a + users_b);
  EXPECT_DOUBLE_EQ(
      quality.rtt_mean_ms,
      (users_a * cities[a].rtt_ms[w] + users_b * cities[b].rtt_ms[w]) / (users_a + users_b));
  EXPECT_EQ(quality.rtt_p90_ms, std::max(cities[a].rtt_ms[w], cities[b].rtt_ms[w]));
  EXPECT_EQ(
      QualityOf(places, cities, SteeringWay::kPublic, [](const SteeredCity&) { return false; })
          .users,
      0);
}

// Chen et al. 2015 saw the mean round trip of people far from their public resolver halved, and
// the distance to their site fall to an eighth. Their network had far more sites than ours.
TEST(DnsSteering, PassingTheBlockOnHalvesTheRoundTripOfThoseFarFromTheirResolver) {
  const auto cities = Steer("world-308", "google-dns");
  const auto far = [](const SteeredCity& city) { return city.resolver_km > 1000; };
  const Places& places = *TheWorld().places;
  const SteeringQuality without = QualityOf(places, cities, SteeringWay::kPublic, far);
  const SteeringQuality with = QualityOf(places, cities, SteeringWay::kEcs, far);
  EXPECT_GT(without.rtt_mean_ms / with.rtt_mean_ms, 1.5);
  EXPECT_LT(without.rtt_mean_ms / with.rtt_mean_ms, 3);
  EXPECT_GT(without.km_mean / with.km_mean, 4);
}

}  // namespace
}  // namespace terrella::net
