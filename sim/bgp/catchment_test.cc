// Goal: packets leave every AS by the nearest of its best routes, and end at the session there.
// Method: a reference that walks one packet at a time, looking at every hub of both networks; then
// announcements with a known answer.
#include "sim/bgp/catchment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/status.h"
#include "sim/bgp/presets.h"
#include "sim/bgp/test_world.h"

namespace terrella::bgp {
namespace {

struct End {
  SiteId site = kNoSite;
  float path_ms = 0;
};

// One packet's walk, by search over all hubs and no tables but the routes.
class Walker {
 public:
  Walker(const Internet& internet, const AnycastNetwork& network, const RouteTable& routes)
      : internet_(internet), network_(network), routes_(routes) {}

  End From(AsId as, HubId hub) const {
    if (!routes_.Reaches(as)) return {};
    const Hubs& hubs = internet_.hubs();
    float best = INFINITY;
    Asn best_asn = 0;
    std::optional<HubId> site;
    std::optional<std::pair<AsId, HubId>> next;
    for (const Session& session : network_.sessions) {
      const int own = (session.kind == SessionKind::kTransit ? 1 : 2) << 8 | (1 + session.prepend);
      if (session.as != as || own != routes_.RankOf(as)) continue;
      const HubId there = network_.sites[session.site];
      const std::pair<float, int> mine(hubs.RttMs(hub, there), Order(hub, there));
      if (!site || mine < std::pair<float, int>(best, Order(hub, *site))) {
        best = hubs.RttMs(hub, there);
        site = there;
      }
    }
    routes_.ForEachNextHop(internet_.graph(), as, [&](AsId other) {
      const auto [leave, enter] = Line(as, other, hub);
      const float cost = hubs.RttMs(hub, leave) + hubs.RttMs(leave, enter);
      const Asn asn = internet_.graph().AsnOf(other);
      if (cost > best || (cost == best && asn > best_asn)) return;
      best = cost;
      best_asn = asn;
      next = {other, enter};
    });
    if (!next) return {*network_.SiteAt(*site), best};
    const End rest = From(next->first, next->second);
    return {rest.site, best + rest.path_ms};
  }

 private:
  // Between equally near hubs the one with the lower number counts.
  int Order(HubId from, HubId to) const { return from == to ? -1 : to; }
  bool At(AsId as, HubId hub) const {
    for (const Stop& stop : internet_.StopsOf(as)) {
      if (stop.hub == hub) return true;
    }
    return false;
  }
  template <class Allowed>
  std::optional<HubId> Nearest(HubId from, Allowed allowed) const {
    std::optional<HubId> out;
    for (HubId hub = 0; hub < internet_.hubs().size(); ++hub) {
      if (!allowed(hub)) continue;
      const auto key = [&](HubId h) {
        return std::pair(internet_.hubs().RttMs(from, h), Order(from, h));
      };
      if (!out || key(hub) < key(*out)) out = hub;
    }
    return out;
  }
  std::pair<HubId, HubId> Line(AsId as, AsId next, HubId hub) const {
    const auto both = [&](HubId h) { return At(as, h) && At(next, h); };
    if (const auto shared = Nearest(hub, both)) return {*shared, *shared};
    if (internet_.StopsOf(as).size() <= internet_.StopsOf(next).size()) {
      const HubId leave = internet_.MainHub(as);
      return {leave, *Nearest(leave, [&](HubId h) { return At(next, h); })};
    }
    const HubId enter = internet_.MainHub(next);
    return {*Nearest(enter, [&](HubId h) { return At(as, h); }), enter};
  }

  const Internet& internet_;
  const AnycastNetwork& network_;
  const RouteTable& routes_;
};

AnycastNetwork Preset(std::string_view name, size_t sites, uint64_t seed = 1) {
  PresetOptions options = *FindPreset(name);
  options.seed = seed;
  return MakeNetwork(*TestInternet(), FirstHubs(sites), options);
}

Catchment CatchmentOf(const AnycastNetwork& network) {
  Catchment out;
  CatchmentEngine(*TestInternet()).Run(network, out);
  return out;
}

// Every third session longer or told to nobody.
AnycastNetwork Varied(AnycastNetwork network, uint64_t seed) {
  CounterRandom random(seed);
  for (Session& session : network.sessions) {
    if (random.Below(3) == 0) session.prepend = static_cast<uint8_t>(random.Below(3));
    if (random.Below(6) == 0) session.no_export = true;
  }
  return network;
}

TEST(Catchment, EqualsPacketsWalkedOneByOne) {
  const Internet& internet = *TestInternet();
  for (const std::string_view name : {"cdn", "root", "startup"}) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      AnycastNetwork network = Preset(name, 12 + 20 * seed, seed);
      if (seed % 2 == 1) network = Varied(network, seed);
      const Catchment catchment = CatchmentOf(network);
      const Walker walker(internet, network, catchment.routes);
      size_t routed = 0;
      for (StopId id = 0; id < internet.stops().size(); ++id) {
        const Stop& stop = internet.stops()[id];
        const End end = walker.From(stop.as, stop.hub);
        ASSERT_EQ(catchment.site[id], end.site) << name << seed << " stop " << id;
        ASSERT_NEAR(catchment.path_ms[id], end.path_ms, 0.01) << name << seed << " stop " << id;
        routed += end.site != kNoSite;
      }
      EXPECT_GT(routed, internet.stops().size() / 2);
    }
  }
}

TEST(Catchment, RerunEqualsRunWhateverChanged) {
  CatchmentEngine engine(*TestInternet());
  for (const std::string_view name : {"cdn", "root", "startup"}) {
    const AnycastNetwork network = Varied(Preset(name, 30), 9);
    Catchment base, quick, full;
    engine.Run(network, base);
    CounterRandom random(3);
    for (int i = 0; i < 60; ++i) {
      AnycastNetwork changed = network;
      if (i % 3 == 0) {
        changed = Without(network, {.site = static_cast<SiteId>(random.Below(30))});
      } else if (i % 3 == 1) {
        changed =
            Without(network, {.as = network.sessions[random.Below(network.sessions.size())].as});
      } else {
        changed = Varied(network, random.Next());
      }
      engine.Rerun(base, changed, quick);
      engine.Run(changed, full);
      ASSERT_EQ(quick.site, full.site) << name << " " << i;
      ASSERT_EQ(quick.path_ms, full.path_ms) << name << " " << i;
      ASSERT_EQ(quick.routes, full.routes);
    }
  }
}

TEST(Catchment, IsNearestWhereOneCarrierIsAtEverySite) {
  const Internet& internet = *TestInternet();
  const AnycastNetwork network = Preset("startup", 12);
  const Catchment catchment = CatchmentOf(network);
  // A carrier's own stop hands to the session nearest to it.
  HubSet sites;
  for (const HubId hub : network.sites) sites.Add(hub);
  const AsId carrier = network.sessions.front().as;
  size_t seen = 0;
  for (const Stop& stop : internet.StopsOf(carrier)) {
    HubSet sessions;
    for (const Session& s : network.sessions) {
      if (s.as == carrier) sessions.Add(network.sites[s.site]);
    }
    const StopId id = internet.StopAt(carrier, stop.hub);
    EXPECT_EQ(network.sites[catchment.site[id]], *internet.hubs().NearestIn(sessions, stop.hub));
    ++seen;
  }
  EXPECT_GT(seen, 12u);
}

TEST(Catchment, ADarkSiteServesNobodyAndItsPeopleGoElsewhere) {
  const AnycastNetwork network = Preset("cdn", 12);
  const Catchment before = CatchmentOf(network),
                  after = CatchmentOf(Without(network, {.site = SiteId{0}}));
  double moved = 0;
  for (StopId id = 0; id < before.site.size(); ++id) {
    EXPECT_NE(after.site[id], 0);
    EXPECT_EQ(after.site[id] == kNoSite, before.site[id] == kNoSite);
    if (before.site[id] == 0) moved += TestInternet()->stops()[id].users;
  }
  EXPECT_GT(moved, 0);
}

TEST(Catchment, RegionalPrefixesKeepPeopleInTheirRegion) {
  const AnycastNetwork network = Preset("regional", 30);
  const Catchment catchment = CatchmentOf(network);
  const Hubs& hubs = TestInternet()->hubs();
  for (StopId id = 0; id < catchment.site.size(); ++id) {
    if (catchment.site[id] == kNoSite) continue;
    EXPECT_EQ(PrefixRegionOf(hubs, network.sites[catchment.site[id]]),
              PrefixRegionOf(hubs, TestInternet()->stops()[id].hub));
  }
}

TEST(Catchment, ARegionWithoutASiteIsServedByTheNearestOfAnother) {
  // Nobody in Asia and Latin America has a site of their region.
  const Internet& internet = *TestInternet();
  const Hubs& hubs = internet.hubs();
  const HubId fra = *hubs.Find("FRA"), iad = *hubs.Find("IAD");
  const std::vector<HubId> sites = {fra, iad};
  const AnycastNetwork network = MakeNetwork(internet, sites, *FindPreset("regional"));
  AnycastNetwork everywhere = network;
  everywhere.regional = false;
  const Catchment catchment = CatchmentOf(network), one_prefix = CatchmentOf(everywhere);
  HubSet both;
  for (const HubId hub : sites) both.Add(hub);
  size_t elsewhere = 0;
  for (StopId id = 0; id < catchment.site.size(); ++id) {
    const HubId at = internet.stops()[id].hub;
    ASSERT_EQ(catchment.site[id] == kNoSite, one_prefix.site[id] == kNoSite);
    if (catchment.site[id] == kNoSite) continue;
    const int region = PrefixRegionOf(hubs, at);
    if (region == PrefixRegionOf(hubs, fra) || region == PrefixRegionOf(hubs, iad)) continue;
    EXPECT_EQ(sites[catchment.site[id]], *hubs.NearestIn(both, at)) << hubs.SiteOf(at).iata;
    ++elsewhere;
  }
  EXPECT_GT(elsewhere, 100u);
}

TEST(Hubs, OfTooManySitesAreRefusedByCount) {
  std::string pops = "iata,city,country,latitude,longitude\n";
  for (int i = 0; i < 600; ++i) {
    pops += fmt::format("A{}{},Aachen,DE,{},6\n", static_cast<char>('A' + i / 26),
                        static_cast<char>('A' + i % 26), 50 - i * 0.01);
  }
  const auto places = net::Places::Parse(
      {.cities_csv =
           "name,ascii_name,country,latitude,longitude,population\nAachen,,DE,50.8,6.1,250000\n",
       .countries_csv = "code,name,continent,internet_users_percent,internet_users_year,"
                        "internet_users_source\nDE,Germany,EU,92.5,2023,ITU\n",
       .aliases_csv = "alias,country,city\n",
       .pops_csv = pops});
  ASSERT_TRUE(places.ok()) << places.status();
  const std::shared_ptr<const net::LatencyModel> none;
  const auto hubs = Hubs::Make(*places, none);
  ASSERT_FALSE(hubs.ok());
  EXPECT_EQ(hubs.status().message(), "pops.csv: expected 1 to 512 sites, got 600");
}

TEST(Presets, AddASiteWithoutChangingTheOthers) {
  for (const std::string_view name : {"cdn", "root", "startup", "regional"}) {
    const AnycastNetwork small = Preset(name, 20), large = Preset(name, 21);
    size_t kept = 0;
    for (const Session& session : large.sessions) kept += session.site < 20;
    EXPECT_EQ(kept, small.sessions.size()) << name;
  }
  EXPECT_FALSE(FindPreset("cdm").ok());
}

}  // namespace
}  // namespace terrella::bgp
