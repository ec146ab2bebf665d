// A synthetic Internet: a graph of ASes and their footprints, with the shape of the real ones and
// none of their data, so that everybody can run what CAIDA's licence lets nobody pass on.
//
// ASes are numbered by rank: a clique of global carriers, then transit networks by falling size,
// then stubs. Every country has carriers that cover all its cities. Providers are drawn by size,
// most of them among networks in the same city; peers by their openness at the hubs they share. The
// shape that is matched is that of 2025-09 (78,638 ASes), in brackets what 75,000 have: 0.6 %
// without a provider (0.6), 84 % without a customer (86), 42 % with one provider (42), 2.06 peer
// links for each provider link (2.06; fewer below 5,000 ASes), 64 % in one place (64), mean best
// path to a random AS 4.5 (3.9). AS numbers are ranks and mean no real network.
//
// Thread: any. The same options give the same bytes.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/bgp/as_footprint.h"
#include "sim/bgp/as_graph.h"
#include "sim/bgp/hubs.h"
#include "sim/bgp/internet.h"

namespace terrella::bgp {

struct SyntheticOptions {
  uint32_t ases = 2'000;  // 500 to 200,000
  uint64_t seed = 1;
};

struct Synthetic {
  std::shared_ptr<const AsGraph> graph;
  std::shared_ptr<const AsFootprint> footprint;
};

Synthetic MakeSynthetic(const Hubs& hubs, const SyntheticOptions& options);
std::shared_ptr<const Internet> MakeSyntheticInternet(std::shared_ptr<const Hubs> hubs,
                                                      const SyntheticOptions& options);

}  // namespace terrella::bgp
