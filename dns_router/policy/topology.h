// What steering knows of the network at one moment: the zone, its names, and every edge node.
//
// Plain values, so that policy runs the same from a live stream, a file or a test.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "dns_router/policy/holder_book.h"
#include "dns_router/policy/record_set.h"
#include "dns_router/policy/steering_policy.h"

namespace terrella::dns {

enum class NodeState : uint8_t { kUnknown, kReady, kSyncing, kDraining, kDown };

// "ready", "syncing", ... for people.
constexpr std::string_view StateName(NodeState state) {
  switch (state) {
    case NodeState::kReady:
      return "ready";
    case NodeState::kSyncing:
      return "syncing";
    case NodeState::kDraining:
      return "draining";
    case NodeState::kDown:
      return "down";
    case NodeState::kUnknown:
      break;
  }
  return "in an unknown state";
}

struct NodeFacts {
  std::string id;       // unique
  std::string country;  // ISO 3166-1 alpha-2
  double latitude_deg = 0;
  double longitude_deg = 0;
  IpAddress address;  // IPv4
  std::optional<IpAddress> address_v6;
  uint16_t port = 0;                      // of HTTP and HTTPS; 0: not known
  NodeState state = NodeState::kUnknown;  // as believed
  double load = 0;                        // 0: idle, 1: full

  // What node_health.h makes of it.
  NodeState reported = NodeState::kUnknown;  // by the control plane; unknown: as `state`
  double warm_share = 1;                     // of its clients that it gets
  uint32_t ttl_s_max = UINT32_MAX;           // of answers that name it
  std::vector<std::string> health;           // what the sources say, for people
  HolderSlot holder_slot = kNoHolderSlot;
  bool operator==(const NodeFacts&) const = default;

  bool SamePlaceAs(const NodeFacts& other) const {
    return id == other.id && country == other.country && latitude_deg == other.latitude_deg &&
           longitude_deg == other.longitude_deg;
  }
};

// Why a node that is not READY is not: what the sources say, or its state.
inline std::string WhyNotReady(const NodeFacts& node) {
  const bool kept_out = node.reported == NodeState::kReady && node.state == NodeState::kSyncing;
  return kept_out && !node.health.empty() ? node.health.front()
                                          : std::string(StateName(node.state));
}

struct TopologyView {
  uint64_t serial = 0;                 // grows with every change, in one life of the control plane
  std::string zone;                    // "edge.test"
  std::vector<NodeFacts> nodes;        // by id
  std::vector<std::string> hostnames;  // inside the zone; "*.x" is a wildcard
  // What people put into the zone by way of the control plane; null: nothing. Shared with views
  // that have the same.
  std::shared_ptr<const ZoneRecords> records;
  std::shared_ptr<const std::vector<SteeringPolicy>> policies;
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
