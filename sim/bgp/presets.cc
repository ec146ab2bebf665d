#include "sim/bgp/presets.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/status.h"

namespace terrella::bgp {
namespace {

constexpr float kPeeringKm = 150;
// Networks that sell transit at a site: with customers enough to be known for it.
constexpr size_t kTransitCustomersMin = 5;
// With so many places for a site within so long a round trip, one is not lone.
constexpr float kNearSiteMs = 15;
constexpr size_t kNearSitesMin = 4;
// A network with so many users is worth a visit.
constexpr double kLargeUsers = 1e6;

// The share in [0, 1) that decides about (a, b), independent of all others.
double DrawOf(uint64_t seed, uint64_t a, uint64_t b = 0) {
  return CounterRandom(seed, a, b).Uniform();
}

// ASes without a provider, those with most customers first.
std::vector<AsId> GlobalCarriers(const AsGraph& graph, size_t count) {
  std::vector<AsId> carriers;
  for (AsId as = 0; as < graph.size(); ++as) {
    if (graph.Providers(as).empty() && !graph.Customers(as).empty()) carriers.push_back(as);
  }
  std::stable_sort(carriers.begin(), carriers.end(), [&](AsId a, AsId b) {
    return graph.Customers(a).size() > graph.Customers(b).size();
  });
  carriers.resize(std::min(carriers.size(), count));
  return carriers;
}

// Whether few others could take over for a site at this hub: of all possible ones, so that it does
// not depend on which there are.
bool IsLone(const Hubs& hubs, HubId hub) {
  size_t near = 0;
  for (HubId other = 0; other < hubs.site_count(); ++other) {
    near += other != hub && hubs.RttMs(hub, other) <= kNearSiteMs;
  }
  return near < kNearSitesMin;
}

class NetworkMaker {
 public:
  NetworkMaker(const Internet& internet, std::span<const HubId> sites, const PresetOptions& options)
      : internet_(internet), options_(options) {
    network_.sites.assign(sites.begin(), sites.end());
    network_.regional = options.regional;
  }

  AnycastNetwork Make() {
    AddCarriers();
    if (options_.local_transit) AddLocalTransits();
    if (options_.open_peers > 0) AddPeers();
    return std::move(network_);
  }

 private:
  void AddCarriers() {
    const Hubs& hubs = internet_.hubs();
    for (const AsId as :
         GlobalCarriers(internet_.graph(), static_cast<size_t>(options_.transits))) {
      const Asn asn = internet_.graph().AsnOf(as);
      for (SiteId site = 0; site < network_.sites.size(); ++site) {
        const HubId hub = network_.sites[site];
        const double share =
            IsLone(hubs, hub) ? options_.transit_at_lone_sites : options_.transit_at_sites;
        if (DrawOf(options_.seed, asn, hub) >= share) continue;
        const std::optional<HubId> near = hubs.NearestIn(internet_.HubsOf(as), hub);
        if (!near || hubs.Km(*near, hub) > kPeeringKm) continue;
        network_.sessions.push_back({.site = site, .as = as});
      }
    }
  }

  void AddLocalTransits() {
    const AsGraph& graph = internet_.graph();
    std::vector<std::vector<AsId>> at_hub(internet_.hubs().size());
    for (AsId as = 0; as < graph.size(); ++as) {
      if (graph.Customers(as).size() < kTransitCustomersMin) continue;
      for (const Stop& stop : internet_.StopsOf(as)) at_hub[stop.hub].push_back(as);
    }
    for (SiteId site = 0; site < network_.sites.size(); ++site) {
      const HubId hub = network_.sites[site];
      // Where nobody sells, the nearest place where somebody does.
      for (const HubId near : internet_.hubs().ByRtt(hub)) {
        if (at_hub[near].empty()) continue;
        CounterRandom random(options_.seed, 0x7472616e73697421, hub);
        const AsId as = at_hub[near][random.Below(at_hub[near].size())];
        network_.sessions.push_back({.site = site, .as = as});
        break;
      }
    }
  }

  void AddPeers() {
    const Hubs& hubs = internet_.hubs();
    std::vector<HubSet> sites_near(hubs.size());  // of sites a network at a hub can reach
    std::vector<SiteId> site_at(hubs.size(), kNoSite);
    for (SiteId site = 0; site < network_.sites.size(); ++site) {
      const HubId hub = network_.sites[site];
      site_at[hub] = site;
      for (HubId near = 0; near < hubs.size(); ++near) {
        if (hubs.Km(near, hub) <= kPeeringKm) sites_near[near].Add(hub);
      }
    }
    const AsGraph& graph = internet_.graph();
    for (AsId as = 0; as < graph.size(); ++as) {
      // Global carriers sell; they peer with each other.
      if (graph.Providers(as).empty() && graph.Customers(as).size() >= kTransitCustomersMin)
        continue;
      // Of the whole network, wherever sites are: a site more changes no other.
      double users = 0;
      HubSet met;
      for (const Stop& stop : internet_.StopsOf(as)) {
        users += stop.users;
        sites_near[stop.hub].ForEach([&](HubId hub) { met.Add(hub); });
      }
      const double share = users >= kLargeUsers ? options_.large_peers : options_.open_peers;
      if (DrawOf(options_.seed, 0x7065657273, graph.AsnOf(as)) >= share) continue;
      met.ForEach([&](HubId hub) {
        network_.sessions.push_back(
            {.site = site_at[hub], .as = as, .kind = SessionKind::kPeer, .exchange = true});
      });
    }
  }

  const Internet& internet_;
  const PresetOptions options_;
  AnycastNetwork network_;
};

}  // namespace

absl::StatusOr<PresetOptions> FindPreset(std::string_view name) {
  if (name == "cdn")
    return PresetOptions{.transits = 6,
                         .transit_at_sites = 0.5,
                         .transit_at_lone_sites = 1,
                         .open_peers = 0.2,
                         .large_peers = 0.4};
  if (name == "root") return PresetOptions{.local_transit = true};
  if (name == "startup") return PresetOptions{.transits = 2};
  if (name == "regional") return PresetOptions{.transits = 2, .regional = true};
  return InvalidArgument("expected cdn, root, startup or regional, got '{}'", name);
}

AnycastNetwork MakeNetwork(const Internet& internet, std::span<const HubId> sites,
                           const PresetOptions& options) {
  return NetworkMaker(internet, sites, options).Make();
}

}  // namespace terrella::bgp
