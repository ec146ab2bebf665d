#include "dns_router/policy/snapshot.h"

#include <algorithm>

#include "base/random.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

// A network is what routes on the Internet have: an answer of its own holds for that much.
int NetworkBits(const IpAddress& client, int cell_bits) {
  return std::max(cell_bits, client.is_v4() ? 24 : 48);
}

}  // namespace

Snapshot::Snapshot(TopologyView view, std::shared_ptr<const Geography> geography,
                   std::shared_ptr<const Ranking> ranking, std::shared_ptr<const ClientMap> clients,
                   Zone zone, const SnapshotOptions& options, const Snapshot* previous)
    : options_(options),
      view_(std::move(view)),
      geography_(std::move(geography)),
      ranking_(std::move(ranking)),
      clients_(std::move(clients)),
      zone_(std::move(zone)),
      steering_(*ranking_, *geography_, view_.nodes, options.addresses_max),
      any_v6_(std::any_of(view_.nodes.begin(), view_.nodes.end(),
                          [](const NodeFacts& node) { return node.address_v6.has_value(); })),
      any_warming_(std::any_of(view_.nodes.begin(), view_.nodes.end(),
                               [](const NodeFacts& node) { return node.warm_share < 1; })),
      any_in_doubt_(std::any_of(view_.nodes.begin(), view_.nodes.end(), [](const NodeFacts& node) {
        return node.ttl_s_max != UINT32_MAX;
      })) {
  BuildChains(options, previous);
}

void Snapshot::BuildChains(const SnapshotOptions& options, const Snapshot* previous) {
  if (options.policies == nullptr) return;
  for (const SteeringPolicy& policy : *options.policies) {
    for (const std::string& text : policy.names) {
      if (const auto name = Name::Parse(text); name.ok()) {
        chain_of_[std::string(name->wire())] = chains_.size();
      }
    }
    chains_.emplace_back(policy, *ranking_, *geography_, view_.nodes, options.addresses_max);
    if (!chains_.back().is_by_location() || by_location_ != nullptr) continue;
    const bool known = previous != nullptr && previous->by_location_ != nullptr;
    by_location_ = known ? previous->by_location_ : ClientMap::BuildByLocation(*geography_);
  }
}

size_t Snapshot::lasting_sets() const {
  const size_t types = 1 + (any_v6_ ? 1 : 0) + (zone_.options().https_alpn.empty() ? 0 : 1);
  // At each name also a set of a file and a denial.
  return zone_.steered_count() * view_.nodes.size() * types + 2 * zone_.name_count();
}

const PolicyChain* Snapshot::ChainOf(std::string_view name) const {
  if (chains_.empty()) return nullptr;
  if (const auto it = chain_of_.find(ToAbsl(name)); it != chain_of_.end()) {
    return &chains_[it->second];
  }
  for (std::string_view above = name; above.size() > zone_.apex().wire().size();) {
    above = ParentOf(above);
    const auto it = chain_of_.find("\1*" + std::string(above));
    if (it != chain_of_.end()) return &chains_[it->second];
  }
  return nullptr;
}

SteeringChoice Snapshot::Choose(std::string_view name, const IpAddress& client) const {
  const PolicyChain* chain = ChainOf(name);
  const ClientMap::Cell cell = CellOf(chain, client);
  if (chain == nullptr || !chain->is_sticky()) {
    SteeringChoice choice = ChooseFrom(chain, cell.location, 0);
    choice.scope_bits = cell.prefix_bits;
    if (any_warming_ && chain == nullptr) ShareWarmUp(cell.location, client, choice);
    return choice;
  }
  const int scope_bits = NetworkBits(client, cell.prefix_bits);
  const uint64_t network = Mix64(HighBits(client.Masked(scope_bits)) ^ StableHash(name));
  SteeringChoice choice = ChooseFrom(chain, cell.location, network);
  choice.scope_bits = scope_bits;
  return choice;
}

// As weights do: by the network, always the same for one share, and never back and forth while it
// grows.
void Snapshot::ShareWarmUp(LocationId location, const IpAddress& client,
                           SteeringChoice& choice) const {
  if (choice.count == 0 || view_.nodes[choice.nodes[0]].warm_share >= 1) return;
  choice.scope_bits = NetworkBits(client, choice.scope_bits);
  const uint64_t network = HighBits(client.Masked(choice.scope_bits));
  SteeringChoice shared = choice;
  shared.count = 0;
  for (const NodeIndex index : ranking_->At(location)) {
    const NodeFacts& node = view_.nodes[index];
    if (!steering_.IsEligible(node)) continue;
    const uint64_t draw = Mix64(network ^ StableHash(node.id)) >> 11;
    if (static_cast<double>(draw) * 0x1.0p-53 >= node.warm_share) continue;
    shared.nodes[shared.count++] = index;
    if (shared.count == choice.count) break;
  }
  const bool is_near = shared.count > 0 &&
                       ranking_->RttMs(location, shared.nodes[0]) <=
                           ranking_->RttMs(location, choice.nodes[0]) + options_.warm_up_margin_ms;
  if (is_near) choice = shared;
}

SteeringChoice Snapshot::ChooseAt(std::string_view name, LocationId location) const {
  return ChooseFrom(ChainOf(name), location, StableHash(name));
}

SteeringChoice Snapshot::ChooseFrom(const PolicyChain* chain, LocationId location,
                                    uint64_t client) const {
  SteeringChoice choice;
  choice.ttl_s = zone_.options().steered_ttl_s;
  if (chain != nullptr) {
    choice.ttl_s = chain->policy().ttl_s.value_or(choice.ttl_s);
    choice.count = chain->Choose(location, client, choice.nodes);
  }
  if (choice.count == 0 && (chain == nullptr || chain->policy().otherwise_nearest)) {
    const auto nearest = steering_.ChosenAt(location);
    choice.count = std::min(nearest.size(), choice.nodes.size());
    std::copy_n(nearest.begin(), choice.count, choice.nodes.begin());
  }
  if (any_in_doubt_) {
    for (const NodeIndex node : choice.chosen()) {
      choice.ttl_s = std::min(choice.ttl_s, view_.nodes[node].ttl_s_max);
    }
  }
  return choice;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::WithDown(
    std::span<const std::string> ids) const {
  TopologyView view = view_;
  for (const std::string& id : ids) {
    const auto node = std::find_if(view.nodes.begin(), view.nodes.end(),
                                   [&](const NodeFacts& n) { return n.id == id; });
    if (node == view.nodes.end()) return NotFound("no node is called '{}'", id);
    node->state = NodeState::kDown;
  }
  std::vector<std::string> ignored;  // what was left out before is left out again
  return Build(std::move(view), geography_, options_, this, &ignored);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::WithSerialRaised(uint32_t by) const {
  SnapshotOptions options = options_;
  options.zone.serial_raise += by;
  std::vector<std::string> ignored;
  return Build(view_, geography_, options, this, &ignored);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Build(
    TopologyView view, std::shared_ptr<const Geography> geography, const SnapshotOptions& options,
    const Snapshot* previous, std::vector<std::string>* ignored) {
  if (view.nodes.size() > options.limits.nodes_max) {
    return ResourceExhausted("the view has {} nodes, at most {} are supported", view.nodes.size(),
                             options.limits.nodes_max);
  }
  if (view.hostnames.size() > options.limits.hostnames_max) {
    return ResourceExhausted("the view has {} hostnames, at most {} are supported",
                             view.hostnames.size(), options.limits.hostnames_max);
  }
  ASSIGN_OR_RETURN(Zone zone,
                   Zone::Build(view.zone, view.hostnames, view.serial, options.zone, ignored));
  if (previous != nullptr && previous->geography_ != geography) previous = nullptr;
  auto ranking =
      Ranking::Build(*geography, view.nodes, previous != nullptr ? previous->ranking_ : nullptr);
  auto clients = previous != nullptr && previous->ranking_ == ranking
                     ? previous->clients_
                     : ClientMap::Build(*geography, *ranking);
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(view), std::move(geography),
                                                      std::move(ranking), std::move(clients),
                                                      std::move(zone), options, previous));
}

}  // namespace terrella::dns
