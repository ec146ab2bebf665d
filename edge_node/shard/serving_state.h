// ServingState: everything a node serves at one revision, as one immutable value.
//
// The control side builds the next state beside the one in use and hands it to every shard; a shard
// swaps one pointer. What did not change is shared between states (the same LiveScript object), so
// a shard sees by pointers which scripts changed.
//
// Thread: any (immutable once built).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "edge_node/cache/policy/purge.h"
#include "edge_node/shard/actor_namespaces.h"
#include "edge_node/shard/live_deployment.h"
#include "edge_node/shard/routing_table.h"

namespace terrella::edge {

// Who this node is and where it stands.
struct NodeIdentity {
  std::string id;   // "FRA", or "FRA-2" where a site has several nodes
  std::string pop;  // IATA code
  std::string city;
  std::string country;    // ISO 3166-1 alpha-2
  std::string continent;  // "EU"
  double latitude_deg = 0;
  double longitude_deg = 0;
};

struct ServingState {
  uint64_t revision = 0;
  std::map<std::string, LiveDeployment, std::less<>> scripts;  // by name
  RoutingTable routes;
  ActorNamespaces actors;
  std::shared_ptr<const cache::PurgeTable> purges;  // null: nothing was ever purged
};

}  // namespace terrella::edge
