#include "dns_router/policy/steering.h"

#include <algorithm>

namespace terrella::dns {

Steering::Steering(const Ranking& ranking, const Geography& geography,
                   std::span<const NodeFacts> nodes, size_t addresses_max) {
  for (const NodeFacts& node : nodes) tier_ = std::max(tier_, ServingTier(node));
  std::vector<bool> eligible(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) eligible[i] = IsEligible(nodes[i]);
  const auto eligible_count = std::count(eligible.begin(), eligible.end(), true);
  width_ = std::min(addresses_max, static_cast<size_t>(eligible_count));
  if (width_ == 0) return;

  chosen_.reserve(width_ * geography.location_count());
  for (LocationId location = 0; location < geography.location_count(); ++location) {
    size_t taken = 0;
    for (NodeIndex node : ranking.At(location)) {
      if (!eligible[node]) continue;
      chosen_.push_back(node);
      if (++taken == width_) break;
    }
  }
}

}  // namespace terrella::dns
