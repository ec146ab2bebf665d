// Snapshot: everything an answer depends on, for one view of the network.
//
// A new view makes a new snapshot beside the running one, which then takes its place in one step,
// so a query sees the old world or the new and nothing is computed while somebody waits for an
// answer.
//
// Thread: immutable, any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dns_router/policy/geography.h"
#include "dns_router/policy/ranking.h"
#include "dns_router/policy/steering.h"
#include "dns_router/policy/topology.h"
#include "dns_router/policy/zone.h"

namespace terrella::dns {

struct SnapshotOptions {
  ZoneOptions zone;
  size_t addresses_max = 1;  // how many nodes an answer names, nearest first
  TopologyLimits limits;
};

class Snapshot {
 public:
  // `previous` may be null; what it computed is used again where it still holds. `ignored` collects
  // what was left out of the zone, for the log.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Build(
      TopologyView view, std::shared_ptr<const Geography> geography, const SnapshotOptions& options,
      const Snapshot* previous, std::vector<std::string>* ignored);

  const TopologyView& view() const { return view_; }
  const Zone& zone() const { return zone_; }
  const Geography& geography() const { return *geography_; }
  const Ranking& ranking() const { return *ranking_; }
  const Steering& steering() const { return steering_; }
  const NodeFacts& node(NodeIndex index) const { return view_.nodes[index]; }

 private:
  Snapshot(TopologyView view, std::shared_ptr<const Geography> geography,
           std::shared_ptr<const Ranking> ranking, Zone zone, size_t addresses_max);

  TopologyView view_;
  std::shared_ptr<const Geography> geography_;  // shared with every other snapshot
  std::shared_ptr<const Ranking> ranking_;      // shared with snapshots of the same nodes
  Zone zone_;
  Steering steering_;
};

}  // namespace terrella::dns
