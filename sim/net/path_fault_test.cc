// Goal: a cut leads between two parts of the world by way of a third, and touches nobody else.
#include "sim/net/path_fault.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/net/path_wish.h"

namespace terrella::net {
namespace {

struct World {
  std::shared_ptr<const Places> places;
  std::shared_ptr<const LatencyModel> model;
};
const World& TheWorld() {
  static const World world = [] {
    const auto dir = FindDataDir();
    CHECK(dir.ok());
    return World{*Places::Load(*dir), *LatencyModel::Load(*dir)};
  }();
  return world;
}

TEST(PathFault, IsReadAsItIsWritten) {
  for (const char* text : {"EU-NA", "DE-US:5%/3", "AS-AS", "country:SA-continent:AS:5%/3"}) {
    const auto fault = ParsePathFault(text);
    ASSERT_TRUE(fault.ok()) << text;
    EXPECT_EQ(PathFaultText(*fault), text);
  }
  for (const char* bad : {"", "EU", "EU-", "eu-na", "EU-NAM", "EU-NA:", "EU-NA:90%", "EU_NA",
                          "country:-EU", "planet:SA-EU", "country:SA:5%", "EU-country:SA5"}) {
    EXPECT_FALSE(ParsePathFault(bad).ok()) << bad;
  }
  const auto wish = ParsePathWish("access=4g;fault=EU-NA;fault=DE-US:5%/3");
  ASSERT_TRUE(wish.ok()) << wish.status();
  EXPECT_EQ(wish->faults.size(), 2u);
  EXPECT_EQ(PathWishText(*wish), "access=4g;fault=EU-NA;fault=DE-US:5%/3");
  EXPECT_EQ(PathFaultText(*ParsePathFault("DE-US:7%/1")), "DE-US:7%/1");

  // The longest numbers there are, as often as is allowed: what is read can also be written.
  std::string longest =
      "access=wired;hour=0.0072838383838383838;loss=0.012345678912345678%/1.2345678912345";
  for (size_t i = 0; i < kPathFaultsMax; ++i) {
    longest += ";fault=country:AS-continent:SA:7.1234567891234%";
  }
  const auto all = ParsePathWish(longest);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_LE(PathWishText(*all).size(), kPathWishBytesMax);
  EXPECT_TRUE(*ParsePathWish(PathWishText(*all)) == *all);

  std::string many = "fault=EU-NA";
  for (int i = 0; i < 8; ++i) many += ";fault=EU-NA";
  EXPECT_FALSE(ParsePathWish(many).ok());
}

TEST(PathFault, KnowsBothSides) {
  const Places& places = *TheWorld().places;
  const PathFault fault{.a = "EU", .b = "US", .loss = {}};
  EXPECT_TRUE(IsBetween(places, fault, "DE", "US"));
  EXPECT_TRUE(IsBetween(places, fault, "US", "FR"));
  EXPECT_FALSE(IsBetween(places, fault, "DE", "CA"));
  EXPECT_FALSE(IsBetween(places, fault, "DE", "FR"));
  // Alone, a code that is both is the continent.
  EXPECT_FALSE(IsBetween(places, {.a = "AS", .b = "SA", .loss = {}}, "IN", "SA"));
  EXPECT_TRUE(IsBetween(places, {.a = "AS", .b = "country:SA", .loss = {}}, "IN", "SA"));
}

TEST(PathFault, TheWayRoundIsLonger) {
  const World& world = TheWorld();
  const PathFault cut{.a = "EU", .b = "NA", .loss = {}};
  const Endpoint paris = world.model->ClientAt(*world.places->Find("Paris"));
  const Endpoint new_york = world.model->SiteAt(*world.places->pops().Find("JFK"));
  const double direct_ms = world.model->RttMs(paris, new_york);
  const double detour_ms = DetourMs(*world.model, *world.places, cut, paris, new_york);
  EXPECT_GT(detour_ms, 1.5 * direct_ms);
  EXPECT_LT(detour_ms, 500);
  // Loss adds to what there is; a cut never makes a path shorter.
  FaultedPath path{.rtt_ms = 1000, .loss = {.share = 0.01}};
  const std::vector<PathFault> faults = {cut,
                                         {.a = "FR", .b = "US", .loss = LossRates{.share = 0.1}}};
  ApplyFaults(*world.places, faults, "FR", "US", path, [&](const PathFault&) { return detour_ms; });
  EXPECT_EQ(path.rtt_ms, 1000);
  EXPECT_NEAR(path.loss.share, 0.109, 1e-9);
  FaultedPath other{.rtt_ms = 10, .loss = {}};
  ApplyFaults(*world.places, faults, "FR", "DE", other, [&](const PathFault&) { return 500.0; });
  EXPECT_EQ(other.rtt_ms, 10);
}

}  // namespace
}  // namespace terrella::net
