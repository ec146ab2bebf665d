#include "dns_router/policy/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace terrella::dns {
namespace {

std::string Reason(const NodeFacts& node, bool eligible, bool chosen, double further_ms,
                   bool nearest_warms_up) {
  if (!eligible) return WhyNotReady(node);
  if (chosen && further_ms <= 0) {
    return node.state == NodeState::kReady
               ? "nearest healthy"
               : fmt::format("nearest, {}, and no node is ready", StateName(node.state));
  }
  return fmt::format("{:.1f} ms further{}", further_ms,
                     chosen && nearest_warms_up ? ", while a nearer one warms up" : "");
}

std::string PolicyReason(const std::string& removed, bool chosen, bool sticky) {
  if (!removed.empty()) return removed;
  if (chosen) return sticky ? "by weight, for this network" : "first by policy";
  return sticky ? "by weight, for other networks" : "behind those by policy";
}

Explanation Explain(const Snapshot& snapshot, std::string_view name, LocationId location,
                    const SteeringChoice& choice) {
  Explanation out{.location = location, .choice = choice, .candidates = {}, .policy_steps = {}};
  const PolicyChain* chain = snapshot.ChainOf(name);
  std::vector<std::string> reasons;
  if (chain != nullptr) {
    reasons = chain->ReasonsAt(location);
    for (const SteeringStep& step : chain->policy().steps) out.policy_steps.push_back(step.text);
  }
  const auto chosen = choice.chosen();
  std::optional<double> nearest_ms;  // of the nodes that count
  bool nearest_warms_up = false;
  for (NodeIndex index : snapshot.ranking().At(location)) {
    const NodeFacts& node = snapshot.node(index);
    const double rtt_ms = snapshot.ranking().RttMs(location, index);
    const bool eligible = snapshot.steering().IsEligible(node);
    const bool is_chosen = std::find(chosen.begin(), chosen.end(), index) != chosen.end();
    if (eligible && !nearest_ms) {
      nearest_ms = rtt_ms;
      nearest_warms_up = node.warm_share < 1;
    }
    out.candidates.push_back(
        {index, rtt_ms, is_chosen,
         chain != nullptr ? PolicyReason(reasons[index], is_chosen, chain->is_sticky())
                          : Reason(node, eligible, is_chosen, rtt_ms - nearest_ms.value_or(rtt_ms),
                                   nearest_warms_up)});
  }
  return out;
}

}  // namespace

Explanation ExplainFor(const Snapshot& snapshot, std::string_view name, const IpAddress& client) {
  const LocationId exact = snapshot.geography().Locate(client);
  const ClientMap::Cell cell = snapshot.CellOf(snapshot.ChainOf(name), client);
  return Explain(snapshot, name, exact != kUnplaced ? exact : cell.location,
                 snapshot.Choose(name, client));
}

Explanation ExplainAt(const Snapshot& snapshot, std::string_view name, LocationId location) {
  return Explain(snapshot, name, location, snapshot.ChooseAt(name, location));
}

}  // namespace terrella::dns
