// PolicyChain: a steering policy worked out for one view: for every location the nodes it leaves.
//
// All steps but `weighted` depend on where a client is and on nothing else of it, so they are done
// when the view changes. `weighted` orders what is left for each network of clients by weighted
// rendezvous hashing (Thaler and Ravishankar 1998; the score is weight / -ln(hash)): shares follow
// the weights, a network keeps its node while that is in the list, and a node that goes moves only
// its own networks. The hash is of the network, the name and the node's id, so all instances of the
// server agree, also after a restart.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dns_router/policy/geography.h"
#include "dns_router/policy/ranking.h"
#include "dns_router/policy/steering_policy.h"

namespace terrella::dns {

class PolicyChain {
 public:
  // `addresses_max` ends a chain that has no `first`.
  PolicyChain(const SteeringPolicy& policy, const Ranking& ranking, const Geography& geography,
              std::span<const NodeFacts> nodes, size_t addresses_max);

  // Whether clients of one location may get different nodes: by their networks.
  bool is_sticky() const { return sticky_; }
  // Whether more of a client's location counts than its ranking of nodes.
  bool is_by_location() const { return by_location_; }
  // Whether all locations have the same nodes in the same order, or in no order of their own.
  bool is_same_everywhere() const { return same_everywhere_; }
  // The nodes for a client, best first, into `out`; how many. `client` matters when sticky.
  size_t Choose(LocationId location, uint64_t client, std::span<NodeIndex> out) const;
  // Why each node is not among those left at the location, by node; "" for those that are. Computed
  // anew, for people.
  std::vector<std::string> ReasonsAt(LocationId location) const;
  const SteeringPolicy& policy() const { return policy_; }

 private:
  struct Candidates {
    std::vector<NodeIndex> nodes;                 // best first
    std::vector<std::string>* reasons = nullptr;  // by node; null: not wanted
    void KeepIf(const auto& keep, const auto& reason);
  };
  void ResolveSteps();
  bool IsSameEverywhere() const;
  void Apply(size_t step, LocationId location, Candidates& candidates) const;
  void KeepGeo(LocationId location, Candidates& candidates) const;
  void KeepListed(size_t step, Candidates& candidates) const;
  void KeepUp(Candidates& candidates) const;
  // Into `candidates`, whose vector keeps its memory from location to location.
  void LeftAt(LocationId location, Candidates& candidates) const;

  SteeringPolicy policy_;
  const Ranking& ranking_;
  const Geography& geography_;
  std::span<const NodeFacts> nodes_;
  bool sticky_ = false;
  bool by_location_ = false;
  bool same_everywhere_ = false;
  size_t count_max_;
  std::vector<double> weights_;        // by node
  std::vector<uint64_t> node_hashes_;  // by node
  // By step, for `only` and `failover`: each node's place in the list, kNotListed without one.
  static constexpr uint16_t kNotListed = UINT16_MAX;
  std::vector<std::vector<uint16_t>> turns_;
  // Of location i from starts_[i] to starts_[i + 1]; one list when it is the same everywhere.
  std::vector<NodeIndex> left_;
  std::vector<uint32_t> starts_;
};

// The same on every machine and in every run, unlike absl::Hash.
uint64_t StableHash(std::string_view bytes);

}  // namespace terrella::dns
