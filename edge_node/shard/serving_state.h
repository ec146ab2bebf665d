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
#include <vector>

#include "base/clock.h"
#include "base/tcp.h"
#include "edge_node/assets/site.h"
#include "edge_node/cache/policy/purge.h"
#include "edge_node/runtime/worker_code.h"
#include "edge_node/shard/actor_namespaces.h"
#include "edge_node/shard/routing_table.h"
#include "http/tls/context.h"

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

// A server outside the network that a worker declared.
struct OriginTarget {
  std::string host;  // lower-case, as in URLs, without port
  SocketAddress address;
  Duration rtt{};                              // modelled, from this node
  std::shared_ptr<const http::ClientTls> tls;  // null: in the clear
};

// The version that answers for a script.
struct LiveScript {
  std::shared_ptr<const runtime::WorkerCode> code;
  std::vector<OriginTarget> origins;
  std::shared_ptr<const Site> site;  // null: no static assets
  uint64_t secrets_revision = 0;     // of the secrets among the bindings; 0: there are none

  // Assets may stand alone, and then there is nothing to run.
  bool has_worker() const { return !code->modules.empty(); }
};

struct ServingState {
  uint64_t revision = 0;
  std::map<std::string, std::shared_ptr<const LiveScript>, std::less<>> scripts;  // by name
  RoutingTable routes;
  ActorNamespaces actors;
  std::shared_ptr<const cache::PurgeTable> purges;  // null: nothing was ever purged
};

}  // namespace terrella::edge
