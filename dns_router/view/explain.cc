#include "dns_router/view/explain.h"

#include <algorithm>
#include <optional>

#include "base/status.h"
#include "dns_router/view/convert.h"

namespace terrella::dns {
namespace {

absl::StatusOr<LocationMatch> Locate(const Snapshot& snapshot, const v1::ExplainRequest& request) {
  const Geography& geography = snapshot.geography();
  switch (request.client_case()) {
    case v1::ExplainRequest::kPlace: {
      ASSIGN_OR_RETURN(const LocationId location, geography.Find(request.place()));
      return LocationMatch{location, 0};
    }
    case v1::ExplainRequest::kPrefix: {
      ASSIGN_OR_RETURN(const IpPrefix prefix, IpPrefix::Parse(request.prefix()));
      return geography.Locate(prefix.address);
    }
    default:
      return InvalidArgument("expected a place or a prefix of the client");
  }
}

std::string_view StateName(NodeState state) {
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

std::string Reason(const NodeFacts& node, bool eligible, bool chosen, double further_ms) {
  if (!eligible) return std::string(StateName(node.state));
  if (chosen && further_ms == 0) {
    return node.state == NodeState::kReady
               ? "nearest healthy"
               : fmt::format("nearest, {}, and no node is ready", StateName(node.state));
  }
  return fmt::format("{:.1f} ms further", further_ms);
}

}  // namespace

absl::StatusOr<v1::ExplainResponse> Explain(const Snapshot& snapshot,
                                            const v1::ExplainRequest& request) {
  ASSIGN_OR_RETURN(const Name name, Name::Parse(request.name()));
  const Zone::Match match = snapshot.zone().Find(name.wire());
  if (match.place != Zone::Place::kExists || !match.data.steered) {
    return NotFound("'{}' has no steered address in the zone '{}'", name.ToString(),
                    snapshot.zone().apex().ToString());
  }
  ASSIGN_OR_RETURN(const LocationMatch client, Locate(snapshot, request));

  v1::ExplainResponse response;
  response.set_client_place(snapshot.geography().NameOf(client.location));
  response.set_scope_bits(static_cast<uint32_t>(client.prefix_bits));
  response.set_ttl_s(snapshot.zone().options().steered_ttl_s);
  const auto chosen = snapshot.steering().ChosenAt(client.location);
  std::optional<double> nearest_ms;  // of the nodes that count
  for (NodeIndex index : snapshot.ranking().At(client.location)) {
    const NodeFacts& node = snapshot.node(index);
    const double rtt_ms = snapshot.ranking().RttMs(client.location, index);
    const bool eligible = snapshot.steering().IsEligible(node.state);
    const bool is_chosen = std::find(chosen.begin(), chosen.end(), index) != chosen.end();
    if (eligible && !nearest_ms) nearest_ms = rtt_ms;
    v1::Candidate& candidate = *response.add_candidates();
    candidate.set_node(node.id);
    candidate.set_address(node.address.ToString());
    candidate.set_rtt_ms(rtt_ms);
    candidate.set_state(ToProto(node.state));
    candidate.set_chosen(is_chosen);
    candidate.set_reason(Reason(node, eligible, is_chosen, rtt_ms - nearest_ms.value_or(rtt_ms)));
  }
  return response;
}

}  // namespace terrella::dns
