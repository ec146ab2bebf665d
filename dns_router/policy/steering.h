// Steering: which nodes the clients at each location are sent to, right now.
//
// The nearest READY nodes win. Only when no node at all is READY do SYNCING and DRAINING ones
// count: they still answer, and an answer from a node that is about to stop beats none. DOWN nodes
// never count; when nobody is left the choice is empty (see server/answer.h for what clients are
// told then).
//
// Thread: immutable, any.
#pragma once

#include <span>
#include <vector>

#include "dns_router/policy/ranking.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

class Steering {
 public:
  Steering(const Ranking& ranking, const Geography& geography, std::span<const NodeFacts> nodes,
           size_t addresses_max);

  // At most addresses_max nodes, nearest first; empty when no node serves.
  std::span<const NodeIndex> ChosenAt(LocationId location) const {
    return {chosen_.data() + location * width_, width_};
  }
  // The state a node must have to be chosen, given how all nodes are.
  bool IsEligible(NodeState state) const {
    return any_ready_ ? state == NodeState::kReady
                      : state == NodeState::kSyncing || state == NodeState::kDraining;
  }

 private:
  bool any_ready_ = false;
  size_t width_ = 0;  // nodes chosen at every location
  std::vector<NodeIndex> chosen_;
};

}  // namespace terrella::dns
