// Catchment: which site of an anycast network every network's people reach, and how far that is by
// the path their packets take.
//
// Routes (routes.h) say which neighbours an AS may use; where it hands over is hot potato: of all
// places where an equally good route leaves the AS, the one nearest to where the packet is. Ties go
// to the network's own session, then to the neighbour with the lowest number. A packet's way is
// thus a chain of stops, each step to an AS one closer to the origin, so one pass over the ASes by
// rising path length settles all stops. The latency of a path is the sum over its hand-overs.
//
// It leaves out traffic engineering inside an AS, and that 14 to 35 % of real choices break the
// rules (Anwar et al., IMC 2015).
//
// Thread: one a CatchmentEngine. A Catchment is a value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/bgp/internet.h"
#include "sim/bgp/network.h"
#include "sim/bgp/routes.h"

namespace terrella::bgp {

// Sessions of one AS that are as good as its best route, by where they are.
struct DirectHubs {
  AsId as = 0;
  HubSet hubs;
  bool operator==(const DirectHubs&) const = default;
};

struct Catchment {
  // By StopId. kNoSite where there is no route.
  std::vector<SiteId> site;
  // Round trip from the stop's hub to the site along the path; access not included.
  std::vector<float> path_ms;
  // 1 where a tie decided between different sites: a router restart may move these people.
  std::vector<uint8_t> contested;

  // How it came about, for Rerun: routes, sessions in use (any order), and of each stop the next
  // one (kDirect at the last) and the round trip to it.
  RouteTable routes;
  std::vector<DirectHubs> direct;
  std::vector<StopId> next;
  std::vector<float> hop_ms;
  // Of a regional network instead, by region: the five above are in these, and the three first here
  // are what each stop gets by the prefix that DNS gives it (PrefixesByHub).
  std::vector<Catchment> prefixes;
};
constexpr StopId kDirect = 0xffffffff;

class CatchmentEngine {
 public:
  explicit CatchmentEngine(const Internet& internet);

  // Into `out`, whose memory is used again.
  void Run(const AnycastNetwork& network, Catchment& out);
  // The same, but quick when `network` differs little from the one whose catchment `base` is (same
  // sites, both regional or neither): an AS whose routes, sessions and neighbours' routes are as
  // before hands over where it did. `contested` is as of `base` for such ASes.
  void Rerun(const Catchment& base, const AnycastNetwork& network, Catchment& out);

 private:
  void RunPrefix(const AnycastNetwork& network, int region, Catchment& out);
  void RerunPrefix(const Catchment& base, const AnycastNetwork& network, int region,
                   Catchment& out);
  void Merge(const AnycastNetwork& network, Catchment& out) const;
  void Announce(const AnycastNetwork& network, int region, Catchment& out);
  void OrderByLength(const RouteTable& routes);
  void MarkChanged(const Catchment& base, const Catchment& out);
  void SettleAs(AsId as, Catchment& out);
  void Settle(StopId stop, HubId hub, AsId as, Catchment& out);

  const Internet& internet_;
  RoutePropagator propagator_;
  std::vector<Seed> seeds_;
  std::vector<AsId> order_;
  std::vector<uint32_t> direct_of_;  // by AsId: index + 1 into Catchment::direct, 0 for none
  std::vector<SiteId> site_at_hub_;
  std::vector<uint8_t> changed_;  // by AsId, for Rerun
  // Of the AS being settled.
  const HubSet* direct_hubs_ = nullptr;
  std::vector<AsId> next_hops_;
};

}  // namespace terrella::bgp
