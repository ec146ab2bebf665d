// Presets: networks of known kinds, announced as such networks announce.
//
//   cdn       six global carriers, each at half of the sites and at all where few other sites could
//             take over, and open peering at every site
//   root      one local transit network a site, whichever is there: root servers' letters
//   startup   the two largest carriers at every site, no peers
//   regional  as startup, with a prefix a region (kPrefixRegions)
//
// Peers come from footprints: of the networks with people within 150 km of a site, two of ten
// peer openly, at every site they can reach; of those with a million users four of ten, since a CDN
// peers first where most traffic is. CAIDA's graph sees almost none of these sessions. The shares
// are calibrated to the inflation that is published of CDNs, on synthetic Internets of seeds 1 to
// 15; docs/validation.md judges them on others.
//
// Thread: immutable, any. What a preset draws is fixed by its seed, network by network and site by
// site, so adding a site changes no other.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "sim/bgp/network.h"

namespace terrella::bgp {

struct PresetOptions {
  int transits = 0;                  // global carriers in use
  double transit_at_sites = 1;       // share of sites where each of them is
  double transit_at_lone_sites = 1;  // the same of sites with few others near
  bool local_transit = false;        // one transit network drawn at each site instead
  double open_peers = 0;             // share of networks that peer with anybody they meet
  double large_peers = 0;            // the same of networks with a million users
  bool regional = false;
  uint64_t seed = 1;
};

// InvalidArgument "expected cdn, root, startup or regional, got ...".
absl::StatusOr<PresetOptions> FindPreset(std::string_view name);

// The network at `sites`, announced as the preset says. A site where nobody sells transit has
// peers only.
AnycastNetwork MakeNetwork(const Internet& internet, std::span<const HubId> sites,
                           const PresetOptions& options);

}  // namespace terrella::bgp
