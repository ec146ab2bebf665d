// What steering knows of the network at one moment: the zone, its names, and every edge node.
//
// Plain values, so that policy runs the same from a live stream, a file or a test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip_address.h"

namespace terrella::dns {

enum class NodeState : uint8_t { kUnknown, kReady, kSyncing, kDraining, kDown };

struct NodeFacts {
  std::string id;       // unique
  std::string country;  // ISO 3166-1 alpha-2
  double latitude_deg = 0;
  double longitude_deg = 0;
  IpAddress address;  // IPv4
  NodeState state = NodeState::kUnknown;

  bool SamePlaceAs(const NodeFacts& other) const {
    return id == other.id && country == other.country && latitude_deg == other.latitude_deg &&
           longitude_deg == other.longitude_deg;
  }
};

struct TopologyView {
  uint64_t serial = 0;                 // grows with every change, in one life of the control plane
  std::string zone;                    // "edge.test"
  std::vector<NodeFacts> nodes;        // by id
  std::vector<std::string> hostnames;  // inside the zone; "*.x" is a wildcard
};

inline size_t CountReady(const TopologyView& view) {
  size_t ready = 0;
  for (const NodeFacts& node : view.nodes) ready += node.state == NodeState::kReady;
  return ready;
}

// Nodes and names beyond these are refused with the whole view.
struct TopologyLimits {
  size_t nodes_max = 4096;
  size_t hostnames_max = 200'000;
};

}  // namespace terrella::dns
