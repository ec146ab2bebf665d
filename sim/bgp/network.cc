#include "sim/bgp/network.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace terrella::bgp {

std::optional<SiteId> AnycastNetwork::SiteAt(HubId hub) const {
  const auto found = std::find(sites.begin(), sites.end(), hub);
  if (found == sites.end()) return std::nullopt;
  return static_cast<SiteId>(found - sites.begin());
}

int PrefixRegionOf(const Hubs& hubs, HubId hub) {
  const net::PopSite& site = hubs.SiteOf(hub);
  switch (site.continent) {
    case net::Continent::kNorthAmerica:
      // The region of latency tells Mexico and the Caribbean from the United States and Canada.
      return net::RegionOf(site.country, site.at) == net::Region::kNorthAmerica ? 1 : 2;
    case net::Continent::kSouthAmerica:
      return 2;
    case net::Continent::kAsia:
      return net::RegionOf(site.country, site.at) == net::Region::kMiddleEast ? 0 : 3;
    case net::Continent::kOceania:
      return 3;
    default:
      return 0;
  }
}

HubSet HubsInUse(const AnycastNetwork& network) {
  HubSet out;
  for (const Session& session : network.sessions) out.Add(network.sites[session.site]);
  return out;
}

std::vector<int8_t> PrefixesByHub(const Hubs& hubs, const AnycastNetwork& network) {
  std::vector<int8_t> out(hubs.size(), kAllRegions);
  if (!network.regional) return out;
  const HubSet in_use = HubsInUse(network);
  std::array<bool, kPrefixRegions> announced{};
  in_use.ForEach([&](HubId hub) { announced[PrefixRegionOf(hubs, hub)] = true; });
  for (HubId hub = 0; hub < hubs.size(); ++hub) {
    int region = PrefixRegionOf(hubs, hub);
    if (!announced[region]) {
      const std::optional<HubId> nearest = hubs.NearestIn(in_use, hub);
      if (nearest) region = PrefixRegionOf(hubs, *nearest);
    }
    out[hub] = static_cast<int8_t>(region);
  }
  return out;
}

AnycastNetwork Without(const AnycastNetwork& network, const Change& change) {
  CHECK(change.site || change.as);
  AnycastNetwork out = network;
  std::erase_if(out.sessions, [&](const Session& session) {
    return (!change.site || session.site == *change.site) &&
           (!change.as || session.as == *change.as) && (!change.exchange_only || session.exchange);
  });
  return out;
}

}  // namespace terrella::bgp
