#include "sim/bgp/catchment.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace terrella::bgp {
namespace {

RouteClass ClassOf(SessionKind kind) {
  return kind == SessionKind::kTransit ? RouteClass::kCustomer : RouteClass::kPeer;
}

Seed SeedOf(const Session& session) {
  return {.as = session.as,
          .route_class = ClassOf(session.kind),
          .length = static_cast<uint8_t>(1 + session.prepend),
          .exported = !session.no_export};
}

// A session's route, to be compared with RouteTable::RankOf.
uint16_t RankOf(const Seed& seed) {
  return static_cast<uint16_t>(static_cast<int>(seed.route_class) << 8 | seed.length);
}

}  // namespace

CatchmentEngine::CatchmentEngine(const Internet& internet)
    : internet_(internet),
      propagator_(internet.graph()),
      direct_of_(internet.graph().size(), 0),
      site_at_hub_(kHubsMax, kNoSite) {}

void CatchmentEngine::Run(const AnycastNetwork& network, Catchment& out) {
  if (!network.regional) {
    out.prefixes.clear();
    RunPrefix(network, kAllRegions, out);
    return;
  }
  out.prefixes.resize(kPrefixRegions);
  for (int region = 0; region < kPrefixRegions; ++region) {
    RunPrefix(network, region, out.prefixes[region]);
  }
  Merge(network, out);
}

// What people at each stop get by the prefix that DNS gives them.
void CatchmentEngine::Merge(const AnycastNetwork& network, Catchment& out) const {
  const std::span<const Stop> stops = internet_.stops();
  const std::vector<int8_t> prefix = PrefixesByHub(internet_.hubs(), network);
  out.site.resize(stops.size());
  out.path_ms.resize(stops.size());
  out.contested.resize(stops.size());
  for (StopId stop = 0; stop < stops.size(); ++stop) {
    const Catchment& own = out.prefixes[prefix[stops[stop].hub]];
    out.site[stop] = own.site[stop];
    out.path_ms[stop] = own.path_ms[stop];
    out.contested[stop] = own.contested[stop];
  }
}

void CatchmentEngine::RunPrefix(const AnycastNetwork& network, int region, Catchment& out) {
  const size_t stops = internet_.stops().size();
  out.site.assign(stops, kNoSite);
  out.path_ms.assign(stops, 0);
  out.contested.assign(stops, 0);
  out.next.assign(stops, kDirect);
  out.hop_ms.assign(stops, 0);
  Announce(network, region, out);
  for (const AsId as : order_) SettleAs(as, out);
  for (const DirectHubs& direct : out.direct) direct_of_[direct.as] = 0;
}

void CatchmentEngine::Rerun(const Catchment& base, const AnycastNetwork& network, Catchment& out) {
  CHECK(network.regional == !base.prefixes.empty() && base.site.size() == internet_.stops().size());
  if (!network.regional) {
    out.prefixes.clear();
    RerunPrefix(base, network, kAllRegions, out);
    return;
  }
  out.prefixes.resize(kPrefixRegions);
  for (int region = 0; region < kPrefixRegions; ++region) {
    RerunPrefix(base.prefixes[region], network, region, out.prefixes[region]);
  }
  Merge(network, out);
}

void CatchmentEngine::RerunPrefix(const Catchment& base, const AnycastNetwork& network, int region,
                                  Catchment& out) {
  out.site = base.site;
  out.path_ms = base.path_ms;
  out.contested = base.contested;
  out.next = base.next;
  out.hop_ms = base.hop_ms;
  Announce(network, region, out);
  MarkChanged(base, out);
  for (const AsId as : order_) {
    if (changed_[as] != 0) {
      SettleAs(as, out);
      continue;
    }
    const StopId end = internet_.FirstStop(as) + static_cast<StopId>(internet_.StopsOf(as).size());
    for (StopId stop = internet_.FirstStop(as); stop < end; ++stop) {
      // At the last stop the site is as before; contested is, too, by our contract.
      if (out.next[stop] == kDirect) continue;
      out.site[stop] = out.site[out.next[stop]];
      out.path_ms[stop] = out.hop_ms[stop] + out.path_ms[out.next[stop]];
    }
  }
  for (const DirectHubs& direct : out.direct) direct_of_[direct.as] = 0;
}

// The ASes whose way out may differ. Those that lost every route are settled here.
void CatchmentEngine::MarkChanged(const Catchment& base, const Catchment& out) {
  const AsGraph& graph = internet_.graph();
  changed_.assign(graph.size(), 0);
  for (const DirectHubs& before : base.direct) {
    const uint32_t now = direct_of_[before.as];
    if (now == 0 || !(out.direct[now - 1] == before)) changed_[before.as] = 1;
  }
  std::vector<AsId> had;
  for (const DirectHubs& before : base.direct) had.push_back(before.as);
  std::sort(had.begin(), had.end());
  for (const DirectHubs& now : out.direct) {
    if (!std::binary_search(had.begin(), had.end(), now.as)) changed_[now.as] = 1;
  }
  for (AsId as = 0; as < graph.size(); ++as) {
    if (!out.routes.DiffersAt(base.routes, as)) continue;
    changed_[as] = 1;
    for (const AsId other : graph.Customers(as)) changed_[other] = 1;
    for (const AsId other : graph.Peers(as)) changed_[other] = 1;
    for (const AsId other : graph.Providers(as)) changed_[other] = 1;
  }
}

void CatchmentEngine::Announce(const AnycastNetwork& network, int region, Catchment& out) {
  const auto announced = [&](const Session& session) {
    return region == kAllRegions ||
           PrefixRegionOf(internet_.hubs(), network.sites[session.site]) == region;
  };
  seeds_.clear();
  for (const Session& session : network.sessions) {
    CHECK(session.site < network.sites.size() && session.prepend <= kPrependMax);
    if (announced(session)) seeds_.push_back(SeedOf(session));
  }
  propagator_.Run(seeds_, out.routes);
  out.direct.clear();
  for (const Session& session : network.sessions) {
    if (!announced(session) || RankOf(SeedOf(session)) != out.routes.RankOf(session.as)) continue;
    uint32_t& index = direct_of_[session.as];
    if (index == 0) {
      out.direct.push_back({.as = session.as});
      index = static_cast<uint32_t>(out.direct.size());
    }
    out.direct[index - 1].hubs.Add(network.sites[session.site]);
  }
  std::fill(site_at_hub_.begin(), site_at_hub_.end(), kNoSite);
  for (size_t site = 0; site < network.sites.size(); ++site) {
    site_at_hub_[network.sites[site]] = static_cast<SiteId>(site);
  }
  OrderByLength(out.routes);
  for (AsId as = 0; as < out.routes.size(); ++as) {
    if (out.routes.Reaches(as)) continue;
    const StopId first = internet_.FirstStop(as);
    const StopId end = first + static_cast<StopId>(internet_.StopsOf(as).size());
    std::fill(out.site.begin() + first, out.site.begin() + end, kNoSite);
    std::fill(out.next.begin() + first, out.next.begin() + end, kDirect);
    std::fill(out.path_ms.begin() + first, out.path_ms.begin() + end, 0.f);
  }
}

// Counting sort; ASes without a route are left out.
void CatchmentEngine::OrderByLength(const RouteTable& routes) {
  std::array<uint32_t, 257> begins{};
  for (AsId as = 0; as < routes.size(); ++as) ++begins[routes.LengthOf(as) + 1];
  for (size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  order_.resize(begins[kUnreachable]);
  for (AsId as = 0; as < routes.size(); ++as) {
    if (routes.Reaches(as)) order_[begins[routes.LengthOf(as)]++] = as;
  }
}

void CatchmentEngine::SettleAs(AsId as, Catchment& out) {
  const uint32_t direct = direct_of_[as];
  direct_hubs_ = direct == 0 ? nullptr : &out.direct[direct - 1].hubs;
  next_hops_.clear();
  out.routes.ForEachNextHop(internet_.graph(), as, [&](AsId next) { next_hops_.push_back(next); });
  StopId stop = internet_.FirstStop(as);
  for (const Stop& at : internet_.StopsOf(as)) Settle(stop++, at.hub, as, out);
}

// The nearest way out of `as` for a packet at `hub`; the stops beyond are settled.
void CatchmentEngine::Settle(StopId stop, HubId hub, AsId as, Catchment& out) {
  const AsGraph& graph = internet_.graph();
  bool any = false, contested = false;
  StopId best_next = kDirect;
  float best_ms = 0;
  SiteId site = kNoSite;
  if (direct_hubs_ != nullptr) {
    const HubId at_site = *internet_.hubs().NearestIn(*direct_hubs_, hub);
    best_ms = internet_.hubs().RttMs(hub, at_site);
    site = site_at_hub_[at_site];
    any = true;
  }
  Asn best_asn = 0;
  for (const AsId next : next_hops_) {
    const Handover exit = internet_.HandOver(as, hub, next);
    const bool nearer = !any || exit.hop_ms < best_ms;
    if (!nearer && exit.hop_ms > best_ms) continue;
    const StopId beyond = internet_.StopAt(next, exit.hub);
    const bool differs = !nearer && (contested || out.site[beyond] != site);
    contested = differs || out.contested[beyond] != 0;
    if (!nearer && graph.AsnOf(next) >= best_asn) continue;
    best_next = beyond;
    best_ms = exit.hop_ms;
    best_asn = graph.AsnOf(next);
    site = out.site[beyond];
    any = true;
  }
  DCHECK(any);
  out.next[stop] = best_next;
  out.hop_ms[stop] = best_ms;
  out.site[stop] = site;
  out.path_ms[stop] = best_ms + (best_next == kDirect ? 0 : out.path_ms[best_next]);
  out.contested[stop] = contested;
}

}  // namespace terrella::bgp
