// Steering: which nodes the clients at each location are sent to, right now.
//
// The nearest READY nodes win. When none is READY, those count that the control plane calls READY
// and that damping or probes keep out. Only without these do SYNCING and DRAINING ones count: they
// still answer, and an answer from a node that is about to stop beats none. DOWN nodes never count;
// when nobody is left the choice is empty (see server/answer.h for what clients are told then).
//
// Thread: immutable, any.
#pragma once

#include <span>
#include <vector>

#include "dns_router/policy/ranking.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

// How likely a node serves; only the highest tier there is counts. 0: not at all.
inline int ServingTier(const NodeFacts& node) {
  if (node.state == NodeState::kReady) return 3;
  if (node.state == NodeState::kSyncing) return node.reported == NodeState::kReady ? 2 : 1;
  return node.state == NodeState::kDraining ? 1 : 0;
}

class Steering {
 public:
  Steering(const Ranking& ranking, const Geography& geography, std::span<const NodeFacts> nodes,
           size_t addresses_max);

  // At most addresses_max nodes, nearest first; empty when no node serves.
  std::span<const NodeIndex> ChosenAt(LocationId location) const {
    return {chosen_.data() + location * width_, width_};
  }
  // Whether it can be chosen, given how all nodes are.
  bool IsEligible(const NodeFacts& node) const { return tier_ > 0 && ServingTier(node) == tier_; }

 private:
  int tier_ = 0;      // the highest there is
  size_t width_ = 0;  // nodes chosen at every location
  std::vector<NodeIndex> chosen_;
};

}  // namespace terrella::dns
