#include "dns_router/view/explain.h"

#include "base/status.h"
#include "dns_router/policy/explanation.h"
#include "dns_router/view/convert.h"

namespace terrella::dns {
namespace {

absl::StatusOr<Explanation> Ask(const Snapshot& snapshot, std::string_view name,
                                const v1::ExplainRequest& request) {
  switch (request.client_case()) {
    case v1::ExplainRequest::kPlace: {
      ASSIGN_OR_RETURN(const LocationId location, snapshot.geography().Find(request.place()));
      return ExplainAt(snapshot, name, location);
    }
    case v1::ExplainRequest::kPrefix: {
      ASSIGN_OR_RETURN(const IpPrefix prefix, IpPrefix::Parse(request.prefix()));
      return ExplainFor(snapshot, name, prefix.address);
    }
    default:
      return InvalidArgument("expected a place or a prefix of the client");
  }
}

}  // namespace

absl::StatusOr<v1::ExplainResponse> Explain(const Snapshot& real,
                                            const v1::ExplainRequest& request) {
  std::shared_ptr<const Snapshot> supposed;
  if (request.down_size() > 0) {
    const std::vector<std::string> down(request.down().begin(), request.down().end());
    ASSIGN_OR_RETURN(supposed, real.WithDown(down));
  }
  const Snapshot& snapshot = supposed != nullptr ? *supposed : real;
  ASSIGN_OR_RETURN(const Name name, Name::Parse(request.name()));
  const Zone::Match match = snapshot.zone().Find(name.wire());
  if (match.place != Zone::Place::kExists || !match.data.steered) {
    return NotFound("'{}' has no steered address in the zone '{}'", name.ToString(),
                    snapshot.zone().apex().ToString());
  }
  ASSIGN_OR_RETURN(const Explanation explanation, Ask(snapshot, name.wire(), request));
  v1::ExplainResponse response;
  response.set_client_place(snapshot.geography().NameOf(explanation.location));
  response.set_scope_bits(static_cast<uint32_t>(explanation.choice.scope_bits));
  response.set_ttl_s(explanation.choice.ttl_s);
  for (const std::string& step : explanation.policy_steps) response.add_policy_steps(step);
  for (const Explanation::Candidate& from : explanation.candidates) {
    const NodeFacts& node = snapshot.node(from.node);
    v1::Candidate& candidate = *response.add_candidates();
    candidate.set_node(node.id);
    candidate.set_address(node.address.ToString());
    candidate.set_rtt_ms(from.rtt_ms);
    candidate.set_state(ToProto(node.state));
    candidate.set_chosen(from.chosen);
    candidate.set_reason(from.reason);
    candidate.set_load(node.load);
    const NodeState reported = node.reported == NodeState::kUnknown ? node.state : node.reported;
    candidate.add_health(fmt::format("control plane: {}", StateName(reported)));
    for (const std::string& note : node.health) candidate.add_health(note);
  }
  return response;
}

}  // namespace terrella::dns
