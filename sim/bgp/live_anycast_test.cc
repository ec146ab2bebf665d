// Goal: a client is led where the catchment says once everybody has heard of it, and until then as
// each AS on the way has heard; few flip.
// Method: a small synthetic Internet, a clock moved by hand.
#include "sim/bgp/live_anycast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sim/bgp/presets.h"
#include "sim/bgp/test_world.h"

namespace terrella::bgp {
namespace {

using Kind = Reached::Kind;
constexpr FlipOptions kNoFlips{.unstable_share = 0, .tcp_flip_share = 0};

class Live : public testing::Test {
 protected:
  AnycastNetwork Preset(std::string_view name, size_t sites) const {
    return MakeNetwork(*internet_, FirstHubs(sites), *FindPreset(name));
  }
  // Somebody at every stop with users.
  std::vector<Client> Everybody() const {
    std::vector<Client> out;
    for (StopId id = 0; id < internet_->stops().size(); ++id) {
      if (internet_->stops()[id].users > 0) out.push_back({.stop = id, .key = id});
    }
    return out;
  }
  const std::shared_ptr<const Internet> internet_ = TestInternet();
  const MonotonicTime start_{std::chrono::seconds(1'000)};
  const Duration long_ = std::chrono::minutes(4);
};

TEST_F(Live, IsTheCatchmentOnceEverybodyHasHeard) {
  for (const std::string_view name : {"cdn", "root", "regional"}) {
    LiveAnycast live(internet_, {.flips = kNoFlips});
    live.Announce(Preset(name, 12), start_);
    const AnycastNetwork network = Without(Preset(name, 12), {.site = SiteId{3}});
    live.Announce(network, start_ + long_);
    Catchment catchment;
    CatchmentEngine(*internet_).Run(network, catchment);
    size_t reached = 0;
    for (const Client& client : Everybody()) {
      const Reached end = live.SiteOf(client, 1, start_ + 2 * long_);
      const SiteId site = catchment.site[client.stop];
      ASSERT_EQ(end.kind == Kind::kSite, site != kNoSite) << name;
      if (site == kNoSite) continue;
      ASSERT_EQ(end.hub, network.sites[site]) << name;
      ASSERT_NEAR(end.rtt_ms, catchment.path_ms[client.stop], 0.01) << name;
      ASSERT_FALSE(end.withdrawn || end.converging || end.breaks);
      ++reached;
    }
    EXPECT_GT(reached, 500u);
  }
}

TEST_F(Live, PeopleReachADarkSiteUntilTheNewsHasTravelled) {
  LiveAnycast live(internet_, {.flips = kNoFlips});
  live.Announce(Preset("cdn", 12), start_);
  // The site with most networks.
  std::map<HubId, std::vector<Client>> by_site;
  for (const Client& client : Everybody()) {
    const Reached end = live.SiteOf(client, 1, start_);
    if (end.kind == Kind::kSite) by_site[end.hub].push_back(client);
  }
  const auto& [dark, of_site] = *std::max_element(
      by_site.begin(), by_site.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  ASSERT_GT(of_site.size(), 100u);
  live.Announce(Without(Preset("cdn", 12), {.site = Preset("cdn", 12).SiteAt(dark)}),
                start_ + long_);
  const HubId gone = dark;
  const std::vector<Client>& clients = of_site;
  const auto at_dark_site = [&](Duration after) {
    size_t count = 0;
    for (const Client& client : clients) {
      const Reached end = live.SiteOf(client, 1, start_ + long_ + after);
      EXPECT_EQ(end.withdrawn, end.kind == Kind::kSite && end.hub == gone);
      count += end.withdrawn;
    }
    return count;
  };
  EXPECT_EQ(at_dark_site(Duration(0)), of_site.size());
  size_t last = of_site.size();
  for (const int ms : {100, 400, 1'000, 3'000}) {
    const size_t now = at_dark_site(std::chrono::milliseconds(ms));
    EXPECT_LE(now, last);
    last = now;
  }
  EXPECT_LT(last, of_site.size() / 4);
  EXPECT_EQ(at_dark_site(long_), 0u);
}

TEST_F(Live, ManyChangesInARowKeepTheLast) {
  LiveAnycast live(internet_, {.flips = kNoFlips});
  const AnycastNetwork network = Preset("cdn", 12);
  for (int i = 0; i < 40; ++i) {
    const auto site = static_cast<SiteId>(i % 12);
    live.Announce(i % 2 == 0 ? Without(network, {.site = site}) : network,
                  start_ + std::chrono::milliseconds(10 * i));
  }
  for (const Client& client : Everybody()) {
    const Reached end = live.SiteOf(client, 1, start_ + long_);
    ASSERT_FALSE(end.converging);
    ASSERT_FALSE(end.withdrawn);
  }
}

TEST_F(Live, NobodyIsServedWithoutAnAnnouncement) {
  LiveAnycast live(internet_, {});
  EXPECT_EQ(live.SiteOf({}, 1, start_).kind, Kind::kNoRoute);
  AnycastNetwork network = Preset("cdn", 12);
  network.sessions.clear();
  live.Announce(network, start_);
  for (const Client& client : Everybody()) {
    ASSERT_EQ(live.SiteOf(client, 1, start_).kind, Kind::kNoRoute);
  }
}

TEST_F(Live, FewClientsFlipAndFewerBreak) {
  LiveAnycast live(internet_, {});
  live.Announce(Preset("cdn", 30), start_);
  ASSERT_GT(live.two_site_share(), 0.05);
  const net::Places& places = internet_->hubs().places();
  std::vector<double> upto;
  double people = 0;
  for (const net::City& city : places.cities()) upto.push_back(people += city.population);
  CounterRandom random(1);
  constexpr int kClients = 20'000;
  int unstable = 0, breaks = 0;
  double apart_ms = 0;
  for (int i = 0; i < kClients; ++i) {
    const auto city = std::upper_bound(upto.begin(), upto.end(), random.Uniform() * people);
    const net::Place place = places.PlaceOf(static_cast<net::CityId>(city - upto.begin()));
    const Client client = live.ClientAt(place, static_cast<uint64_t>(i));
    std::set<HubId> hubs;
    float least = 1e9f, most = 0;
    for (uint64_t flow = 0; flow < 8; ++flow) {
      const Reached end = live.SiteOf(client, flow, start_);
      ASSERT_EQ(end.kind, Kind::kSite);
      hubs.insert(end.hub);
      least = std::min(least, end.rtt_ms);
      most = std::max(most, end.rtt_ms);
    }
    breaks += live.SiteOf(client, 0, start_).breaks;
    unstable += hubs.size() > 1;
    if (hubs.size() > 1) apart_ms += most - least;
  }
  EXPECT_NEAR(unstable / double{kClients}, 0.032, 0.016);
  EXPECT_NEAR(breaks / double{kClients}, 0.0015, 0.0012);
  // 30 ms in the mean of load-balanced cases (Hendriks et al. 2025).
  EXPECT_GT(apart_ms / unstable, 5);
  EXPECT_LT(apart_ms / unstable, 120);
  RecordProperty("two_site_share", std::to_string(live.two_site_share()));
  RecordProperty("apart_ms", std::to_string(apart_ms / unstable));
}

TEST_F(Live, TheTwoSiteShareIsOfTheNewestAnnouncement) {
  LiveAnycast live(internet_, {}), fresh(internet_, {});
  live.Announce(Preset("cdn", 30), start_);
  const double before = live.two_site_share();
  live.Announce(Preset("cdn", 2), start_ + long_);
  fresh.Announce(Preset("cdn", 2), start_ + long_);
  EXPECT_EQ(live.two_site_share(), fresh.two_site_share());
  EXPECT_NE(live.two_site_share(), before);
}

TEST_F(Live, DrawsANetworkOfThePlace) {
  LiveAnycast live(internet_, {});
  live.Announce(Preset("cdn", 12), start_);
  const net::Place paris = *internet_->hubs().places().Find("Paris");
  const HubId hub = internet_->hubs().AccessOf(paris.country, paris.at).hub;
  std::set<Asn> seen;
  for (uint64_t key = 0; key < 200; ++key) {
    const Client client = live.ClientAt(paris, key);
    EXPECT_EQ(client.asn, live.ClientAt(paris, key).asn);
    EXPECT_EQ(internet_->stops()[client.stop].hub, hub);
    EXPECT_GT(internet_->stops()[client.stop].users, 0);
    EXPECT_GT(client.access_ms, 0);
    seen.insert(client.asn);
  }
  EXPECT_GT(seen.size(), 2u);
  EXPECT_EQ(live.ClientAt(paris, 7, *seen.begin())->asn, *seen.begin());
  EXPECT_FALSE(live.ClientAt(paris, 7, 4'000'000'000).ok());
}

TEST(Convergence, TakesLongerForLongerPathsAndForLosing) {
  const auto rank = [](RouteClass route_class, int length) {
    return static_cast<uint16_t>(static_cast<int>(route_class) << 8 | length);
  };
  const uint16_t none = 0xffff;
  const auto mean_ms = [&](uint16_t before, uint16_t after) {
    double sum = 0;
    for (AsId as = 0; as < 4'000; ++as) {
      const Duration heard =
          HeardAfter({}, {.number = 1, .as = as, .before = before, .after = after});
      EXPECT_GE(heard, Duration(0));
      EXPECT_LE(heard, FromMs(ConvergenceOptions{}.settled_ms));
      sum += ToMs(heard);
    }
    return sum / 4'000;
  };
  const auto near = rank(RouteClass::kCustomer, 2), far = rank(RouteClass::kProvider, 6);
  EXPECT_NEAR(mean_ms(none, near), 500, 40) << "two hops of 250 ms";
  EXPECT_NEAR(mean_ms(none, far), 1'500, 80);
  EXPECT_NEAR(mean_ms(far, near), 500, 40) << "a better route is good news";
  EXPECT_GT(mean_ms(near, far), mean_ms(none, far)) << "the paths between are tried";
  EXPECT_GT(mean_ms(near, none), mean_ms(near, rank(RouteClass::kCustomer, 3)));
  EXPECT_EQ(mean_ms(none, none), 0);
}

}  // namespace
}  // namespace terrella::bgp
