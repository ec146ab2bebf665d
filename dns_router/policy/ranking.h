// Ranking: for every location, all nodes from the nearest to the farthest.
//
// It depends on where nodes are and not on how they do, so a node going down or coming back changes
// nothing here, and successive rankings share the columns of nodes that stayed.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dns_router/policy/geography.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

// Index into TopologyView::nodes.
using NodeIndex = uint16_t;

class Ranking {
 public:
  // Ties go to the node with the smaller index. `previous` may be null.
  static std::shared_ptr<const Ranking> Build(const Geography& geography,
                                              std::span<const NodeFacts> nodes,
                                              std::shared_ptr<const Ranking> previous);

  std::span<const NodeIndex> At(LocationId location) const {
    return {order_.data() + location * nodes_.size(), nodes_.size()};
  }
  double RttMs(LocationId location, NodeIndex node) const { return (*columns_[node])[location]; }
  // True when it was built for the same nodes in the same places.
  bool IsFor(std::span<const NodeFacts> nodes) const;

 private:
  using Column = std::vector<float>;  // round-trip time in ms by location
  Ranking() = default;

  std::vector<NodeFacts> nodes_;                        // their states do not matter
  std::vector<std::shared_ptr<const Column>> columns_;  // shared with earlier and later rankings
  std::vector<NodeIndex> order_;                        // location-major
};

}  // namespace terrella::dns
