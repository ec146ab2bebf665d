// AnycastNetwork: the sites of one network and the BGP sessions it announces its prefixes over.
//
// Each site is at a hub; each session joins a site to a neighbour, which sells transit or peers. A
// regional network has several prefixes: a site announces that of its region, and DNS gives people
// the one of theirs.
//
// Thread: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/bgp/internet.h"

namespace terrella::bgp {

using SiteId = uint16_t;  // index into AnycastNetwork::sites
constexpr SiteId kNoSite = 0xffff;
constexpr int kPrependMax = 32;

enum class SessionKind : uint8_t { kTransit, kPeer };

struct Session {
  SiteId site = 0;
  AsId as = 0;
  SessionKind kind = SessionKind::kTransit;
  bool exchange = false;   // a peer met at the site's Internet exchange
  bool no_export = false;  // told to nobody else (RFC 1997)
  uint8_t prepend = 0;     // times our number is repeated; <= kPrependMax
};

struct AnycastNetwork {
  std::vector<HubId> sites;
  std::vector<Session> sessions;  // any order
  bool regional = false;

  std::optional<SiteId> SiteAt(HubId hub) const;
};

// The regions of a regional network: Europe, Middle East and Africa; North America; Latin America;
// Asia and Oceania.
constexpr int kPrefixRegions = 4;
int PrefixRegionOf(const Hubs& hubs, HubId hub);
// In place of a region: the one prefix of a network that is not regional.
constexpr int kAllRegions = -1;

// The region whose prefix DNS gives people at each hub: their own when a site in it has a session,
// else that of the nearest site that has one. kAllRegions everywhere when not regional.
std::vector<int8_t> PrefixesByHub(const Hubs& hubs, const AnycastNetwork& network);
// Of the sites that have a session.
HubSet HubsInUse(const AnycastNetwork& network);

// What a network does differently. Sites and sessions that are left out stay in the list of sites,
// so that results before and after can be compared.
struct Change {
  std::optional<SiteId> site;  // every session of this site; all when also `as` is unset
  std::optional<AsId> as;      // every session with this AS
  bool exchange_only = false;  // only those at exchanges
};
AnycastNetwork Without(const AnycastNetwork& network, const Change& change);

}  // namespace terrella::bgp
