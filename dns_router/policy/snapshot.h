// Snapshot: everything an answer depends on, for one view of the network.
//
// A new view makes a new snapshot beside the running one, which then takes its place in one step,
// so a query sees the old world or the new and nothing is computed while somebody waits for an
// answer.
//
// Thread: immutable, any.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "dns_router/policy/client_map.h"
#include "dns_router/policy/geography.h"
#include "dns_router/policy/policy_chain.h"
#include "dns_router/policy/ranking.h"
#include "dns_router/policy/steering.h"
#include "dns_router/policy/topology.h"
#include "dns_router/policy/zone.h"

namespace terrella::dns {

struct SnapshotOptions {
  ZoneOptions zone;
  size_t addresses_max = 1;  // how many nodes an answer names, nearest first
  // A node that warms up shares its clients with another that is no more than this further away.
  double warm_up_margin_ms = 30;
  TopologyLimits limits;
  std::shared_ptr<const std::vector<SteeringPolicy>> policies;  // null: none
};

// What a client is answered.
struct SteeringChoice {
  std::array<NodeIndex, kAddressesMax> nodes;
  size_t count = 0;  // 0: no node serves
  int scope_bits = 0;
  uint32_t ttl_s = 0;
  std::span<const NodeIndex> chosen() const { return {nodes.data(), count}; }
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
  const ClientMap& clients() const { return *clients_; }
  // Where a client of a name belongs; `chain` as of ChainOf.
  ClientMap::Cell CellOf(const PolicyChain* chain, const IpAddress& client) const {
    return (chain != nullptr && chain->is_by_location() ? *by_location_ : *clients_).Find(client);
  }
  const Steering& steering() const { return steering_; }
  // About how many record sets there are to sign: each node's at each steered name, and the rest.
  size_t lasting_sets() const;
  // Whether any node has an IPv6 address.
  bool any_v6() const { return any_v6_; }
  // The chain of a name (lower-case wire form), its own or its closest wildcard's; null when it is
  // steered by latency alone.
  const PolicyChain* ChainOf(std::string_view name) const;
  // The answer for a steered name and a client.
  SteeringChoice Choose(std::string_view name, const IpAddress& client) const;
  // The same for somebody at a location, of whose address nothing is known.
  SteeringChoice ChooseAt(std::string_view name, LocationId location) const;
  // This snapshot if these nodes were down. NotFound for an id that is no node's.
  absl::StatusOr<std::shared_ptr<const Snapshot>> WithDown(std::span<const std::string> ids) const;
  // This snapshot with so much added to the SOA's serial.
  absl::StatusOr<std::shared_ptr<const Snapshot>> WithSerialRaised(uint32_t by) const;
  const NodeFacts& node(NodeIndex index) const { return view_.nodes[index]; }

 private:
  Snapshot(TopologyView view, std::shared_ptr<const Geography> geography,
           std::shared_ptr<const Ranking> ranking, std::shared_ptr<const ClientMap> clients,
           Zone zone, const SnapshotOptions& options, const Snapshot* previous);
  void BuildChains(const SnapshotOptions& options, const Snapshot* previous);

  SteeringChoice ChooseFrom(const PolicyChain* chain, LocationId location, uint64_t client) const;
  // Gives some networks of the location to others than a node that warms up.
  void ShareWarmUp(LocationId location, const IpAddress& client, SteeringChoice& choice) const;

  SnapshotOptions options_;
  TopologyView view_;
  std::shared_ptr<const Geography> geography_;  // shared with every other snapshot
  std::shared_ptr<const Ranking> ranking_;      // shared with snapshots of the same nodes
  std::shared_ptr<const ClientMap> clients_;    // likewise
  Zone zone_;
  Steering steering_;
  bool any_v6_;
  bool any_warming_;
  bool any_in_doubt_;  // limits the life of answers
  std::vector<PolicyChain> chains_;
  std::shared_ptr<const ClientMap> by_location_;  // for chains that need it, else null; shared too
  absl::flat_hash_map<std::string, size_t> chain_of_;  // by wire name, wildcards with their label
};

}  // namespace terrella::dns
