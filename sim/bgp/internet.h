// Internet: a graph of ASes laid out on the Earth.
//
// Each AS is present at some hubs: those nearest to its cells. An AS at a hub is a *stop*: where a
// packet can be, and where people's packets start. Two ASes hand over at a hub where both are, or,
// when they share none, over a line from the smaller one's main hub to the nearest hub of the
// larger.
//
// Thread: immutable after Make, any.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/bgp/as_footprint.h"
#include "sim/bgp/as_graph.h"
#include "sim/bgp/audience.h"
#include "sim/bgp/hubs.h"

namespace terrella::bgp {

struct Stop {
  AsId as = 0;
  HubId hub = 0;
  double users = 0;     // whose packets start here
  float access_ms = 0;  // their mean round trip to the hub, last mile included
};

// Where a packet leaves one AS for the next.
struct Handover {
  HubId hub = 0;     // where it then is, in the next AS
  float hop_ms = 0;  // the round trip to there
};

class Internet {
 public:
  // ASes without a footprint stand at their first provider's main hub, without people.
  static std::shared_ptr<const Internet> Make(std::shared_ptr<const AsGraph> graph,
                                              const AsFootprint& footprint,
                                              std::shared_ptr<const Hubs> hubs, std::string origin);

  const AsGraph& graph() const { return *graph_; }
  const Hubs& hubs() const { return *hubs_; }
  // What it is made of, for people: "a synthetic Internet of 2000 ASes".
  const std::string& origin() const { return origin_; }

  std::span<const Stop> stops() const { return stops_; }
  // By rising hub.
  std::span<const Stop> StopsOf(AsId as) const {
    return std::span(stops_).subspan(begins_[as], begins_[as + 1] - begins_[as]);
  }
  StopId FirstStop(AsId as) const { return begins_[as]; }
  StopId StopAt(AsId as, HubId hub) const;  // `hub` is in HubsOf(as)
  const HubSet& HubsOf(AsId as) const { return hubs_of_[as]; }
  HubId MainHub(AsId as) const { return main_hub_[as]; }
  double users() const { return users_; }
  const Audience& audience() const { return audience_; }

  // The way of a packet at `hub`, where `as` is, into its neighbour `next`.
  Handover HandOver(AsId as, HubId hub, AsId next) const;

 private:
  Internet() = default;
  std::shared_ptr<const AsGraph> graph_;
  std::shared_ptr<const Hubs> hubs_;
  std::string origin_;
  std::vector<Stop> stops_;
  std::vector<StopId> begins_;
  std::vector<HubSet> hubs_of_;
  std::vector<HubId> main_hub_;
  double users_ = 0;
  Audience audience_;
};

}  // namespace terrella::bgp
