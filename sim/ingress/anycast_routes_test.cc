// Goal: people end where the catchment of `net catchment` says they do, before and after a site is
// dropped; in between they move as routers hear of it.
#include "sim/ingress/anycast_routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/bgp/load_internet.h"
#include "sim/ingress/test_world.h"
#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

using std::chrono::seconds;

const std::shared_ptr<const bgp::Internet>& TheInternet() {
  static const auto internet = [] {
    auto loaded = bgp::LoadInternet(*bgp::Hubs::Make(TestWorld().places, TestWorld().model), {});
    CHECK(loaded.ok());
    return *std::move(loaded);
  }();
  return internet;
}

class AnycastRoutesTest : public ::testing::TestWithParam<const char*> {
 protected:
  AnycastRoutesTest()
      : preset_(*bgp::FindPreset(GetParam())),
        catchment_(*TestWorld().model, seconds(180)),
        routes_(TheInternet(), preset_, Options()) {
    Show({});
  }
  static bgp::LiveOptions Options() {
    bgp::LiveOptions options;
    options.flips = {.unstable_share = 0, .tcp_flip_share = 0};
    return options;
  }
  // The view, `down` being no more.
  void Show(std::string_view down) {
    v1::View view;
    for (const char* pop : kSites) {
      AddNode(view, pop, {IpAddress::V4(0x7f000001), 80},
              pop == down ? v1::NODE_STATE_DOWN : v1::NODE_STATE_READY);
    }
    std::vector<std::string> complaints;
    catchment_.Update(view, now_, &complaints);
    routes_.Update(catchment_, now_, &complaints);
    EXPECT_TRUE(complaints.empty());
  }
  static Placement PlacementOf(net::CityId city) {
    Placement placement{.client = TestWorld().places->PlaceOf(city)};
    placement.client_address = {net::CityAddressV4(city, 9), 1'000};
    placement.by_proxy = true;
    return placement;
  }
  // Where each city's person ends now; "" where nowhere.
  std::vector<std::string> Ends() {
    std::vector<std::string> out;
    for (net::CityId city = 0; city < TestWorld().places->cities().size(); city += 20) {
      Refusal refusal;
      const Reach reach = routes_.Find(catchment_, PlacementOf(city), city, now_, &refusal);
      EXPECT_EQ(reach.site == nullptr, !refusal.reason.empty());
      out.push_back(reach.site == nullptr ? "" : reach.site->pop);
      if (reach.site == nullptr) continue;
      EXPECT_GE(*reach.path_ms, 1);
    }
    return out;
  }
  // Where they end in a network without `dropped`, by the engine that answers `net catchment`.
  std::vector<std::string> Expected(std::string_view dropped) {
    const bgp::Hubs& hubs = TheInternet()->hubs();
    std::vector<bgp::HubId> sites;
    for (const char* pop : kSites) sites.push_back(*hubs.Find(pop));
    bgp::AnycastNetwork network = bgp::MakeNetwork(*TheInternet(), sites, preset_);
    if (!dropped.empty()) {
      network = bgp::Without(network, {.site = network.SiteAt(*hubs.Find(dropped))});
    }
    bgp::CatchmentEngine engine(*TheInternet());
    bgp::Catchment catchment;
    engine.Run(network, catchment);
    bgp::LiveAnycast clients(TheInternet(), Options());
    std::vector<std::string> out;
    for (net::CityId city = 0; city < TestWorld().places->cities().size(); city += 20) {
      const Placement placement = PlacementOf(city);
      const bgp::Client client = clients.ClientAt(placement.client, ClientKey(placement));
      const bgp::SiteId site = catchment.site[client.stop];
      out.push_back(site == bgp::kNoSite ? "" : hubs.SiteOf(network.sites[site]).iata);
    }
    return out;
  }

  static constexpr const char* kSites[] = {"FRA", "IAD", "NRT", "GRU", "JNB", "SIN"};
  const bgp::PresetOptions preset_;
  MonotonicTime now_{seconds(1'000)};
  Catchment catchment_;
  AnycastRoutes routes_;
};

TEST_P(AnycastRoutesTest, EndsWhereTheCatchmentSaysBeforeAndAfterADrop) {
  const std::vector<std::string> before = Ends();
  EXPECT_EQ(before, Expected(""));
  Show("FRA");
  const std::vector<std::string> at_once = Ends();
  now_ += seconds(200);
  const std::vector<std::string> after = Ends();
  EXPECT_EQ(after, Expected("FRA"));
  EXPECT_NE(before, after);
  EXPECT_NE(at_once, after) << "routers take time to hear of it";
  for (const std::string& pop : after) EXPECT_NE(pop, "FRA");
  // It comes back, and all is as it was.
  Show("");
  now_ += seconds(200);
  EXPECT_EQ(Ends(), before);
}

// Sites that only an operator has are announced at the hub nearest to them.
TEST_P(AnycastRoutesTest, SitesWithoutAHubOfTheirOwnServe) {
  ASSERT_NE(TheInternet()->hubs().SiteOf(*TheInternet()->hubs().Find("JFK")).iata, "JFK");
  v1::View view;
  for (const char* pop : {"JFK", "FRA"}) AddNode(view, pop, {IpAddress::V4(0x7f000001), 80});
  std::vector<std::string> complaints;
  catchment_.Update(view, now_, &complaints);
  routes_.Update(catchment_, now_, &complaints);
  EXPECT_TRUE(complaints.empty());
  const std::vector<std::string> ends = Ends();
  EXPECT_GT(std::count(ends.begin(), ends.end(), "JFK"), 0);
  EXPECT_EQ(std::count(ends.begin(), ends.end(), ""), 0);
}

INSTANTIATE_TEST_SUITE_P(Presets, AnycastRoutesTest, ::testing::Values("cdn", "root", "startup"));

}  // namespace
}  // namespace terrella::sim
