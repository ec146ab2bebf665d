#include "dns_router/view/convert.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"

namespace terrella::dns {
namespace {

NodeState StateFromProto(v1::NodeState state) {
  switch (state) {
    case v1::NODE_STATE_READY:
      return NodeState::kReady;
    case v1::NODE_STATE_SYNCING:
      return NodeState::kSyncing;
    case v1::NODE_STATE_DRAINING:
      return NodeState::kDraining;
    case v1::NODE_STATE_DOWN:
      return NodeState::kDown;
    default:
      return NodeState::kUnknown;  // of a later protocol: not chosen
  }
}

absl::StatusOr<NodeFacts> NodeFromProto(const v1::Node& node) {
  const v1::NodeInfo& info = node.info();
  if (info.id().empty()) return InvalidArgument("a node without an id");
  const auto address = IpAddress::Parse(info.address());
  if (!address.ok() || !address->is_v4()) {
    return InvalidArgument("node {}: expected an IPv4 address, found '{}'", info.id(),
                           info.address());
  }
  // Written so that NaN is refused too.
  if (!(std::abs(info.latitude_deg()) <= 90 && std::abs(info.longitude_deg()) <= 180)) {
    return InvalidArgument("node {}: {},{} is not on the globe", info.id(), info.latitude_deg(),
                           info.longitude_deg());
  }
  std::optional<IpAddress> address_v6;
  if (!info.address_v6().empty()) {
    const auto parsed = IpAddress::Parse(info.address_v6());
    if (!parsed.ok() || parsed->is_v4()) {
      return InvalidArgument("node {}: expected an IPv6 address, found '{}'", info.id(),
                             info.address_v6());
    }
    address_v6 = *parsed;
  }
  if (info.port() > 65535) {
    return InvalidArgument("node {}: expected a port, found {}", info.id(), info.port());
  }
  return NodeFacts{.id = info.id(),
                   .country = info.country(),
                   .latitude_deg = info.latitude_deg(),
                   .longitude_deg = info.longitude_deg(),
                   .address = *address,
                   .address_v6 = address_v6,
                   .port = static_cast<uint16_t>(info.port()),
                   .state = StateFromProto(node.state()),
                   // Also of NaN.
                   .load = node.load() > 0 ? std::min(node.load(), 1.0) : 0};
}

}  // namespace

TopologyView FromProto(const v1::View& view, std::vector<std::string>* ignored) {
  TopologyView out;
  out.serial = view.serial();
  out.zone = view.zone();
  for (const v1::Node& node : view.nodes()) {
    auto facts = NodeFromProto(node);
    if (facts.ok()) {
      out.nodes.push_back(*std::move(facts));
    } else {
      ignored->emplace_back(Message(facts.status()));
    }
  }
  out.hostnames.assign(view.hostnames().begin(), view.hostnames().end());
  return out;
}

v1::NodeState ToProto(NodeState state) {
  switch (state) {
    case NodeState::kReady:
      return v1::NODE_STATE_READY;
    case NodeState::kSyncing:
      return v1::NODE_STATE_SYNCING;
    case NodeState::kDraining:
      return v1::NODE_STATE_DRAINING;
    case NodeState::kDown:
      return v1::NODE_STATE_DOWN;
    case NodeState::kUnknown:
      break;
  }
  return v1::NODE_STATE_UNSPECIFIED;
}

}  // namespace terrella::dns
