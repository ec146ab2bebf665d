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
        if (DrawOf(options_.seed, asn, hub) >= options_.transit_at_sites) continue;
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
      if (DrawOf(options_.seed, 0x7065657273, graph.AsnOf(as)) >= options_.open_peers) continue;
      HubSet met;
      for (const Stop& stop : internet_.StopsOf(as)) {
        sites_near[stop.hub].ForEach([&](HubId hub) { met.Add(hub); });
      }
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
    return PresetOptions{.transits = 6, .transit_at_sites = 0.9, .open_peers = 0.3};
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
