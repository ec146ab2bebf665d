#include "sim/ingress/anycast_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace terrella::sim {

void AnycastRoutes::Update(const Catchment& catchment, MonotonicTime now,
                           std::vector<std::string>* complaints) {
  const bgp::Hubs& hubs = internet_->hubs();
  std::set<bgp::HubId> known, announced;
  node_at_.clear();
  for (const Catchment::Known& node : catchment.Sites()) {
    if (const auto hub = hubs.Find(node.site->pop)) {
      known.insert(*hub);
      node_at_.try_emplace(*hub, node.site->id);
      if (node.announced && announced.insert(*hub).second) node_at_[*hub] = node.site->id;
    } else {
      complaints->push_back(fmt::format("node {}: '{}' is no site that anycast knows",
                                        node.site->id, node.site->pop));
    }
  }
  if (known == known_ && announced == announced_) return;
  if (known != known_) {
    const std::vector<bgp::HubId> sites(known.begin(), known.end());
    network_ = bgp::MakeNetwork(*internet_, sites, preset_);
    known_ = std::move(known);
  }
  announced_ = std::move(announced);
  // As `net catchment --drop` takes sites away: the sessions of the others stay what they are.
  bgp::AnycastNetwork network = network_;
  for (bgp::SiteId site = 0; site < network_.sites.size(); ++site) {
    if (!announced_.contains(network_.sites[site])) network = bgp::Without(network, {.site = site});
  }
  if (!used_) Forget();
  live_->Announce(std::move(network), now);
}

Reach AnycastRoutes::Find(const Catchment& catchment, const Placement& placement, uint64_t flow,
                          MonotonicTime now, Refusal* refusal) const {
  if (announced_.empty()) return {};
  used_.store(true, std::memory_order_relaxed);
  const bgp::Client client = live_->ClientAt(placement.client, ClientKey(placement));
  const bgp::Reached reached = live_->SiteOf(client, flow, now);
  if (reached.kind != bgp::Reached::Kind::kSite) {
    const bool loop = reached.kind == bgp::Reached::Kind::kLoop;
    *refusal = {.status = 503,
                .reason = loop ? "routing-loop" : "no-route",
                .message = fmt::format("{} AS{} in {}: {}", loop ? "packets from" : "no route from",
                                       client.asn, placement.client.name,
                                       loop ? "go round in circles until routers agree"
                                            : "routers have not heard of another site yet")};
    return {};
  }
  const bgp::Hubs& hubs = internet_->hubs();
  // By id: a site that only an operator has is at a hub with another code, or none.
  const auto node = node_at_.find(reached.hub);
  const Site* site = node == node_at_.end() ? nullptr : catchment.ByName(node->second);
  if (site == nullptr) {
    *refusal = {.status = 503,
                .reason = "withdrawn",
                .message = fmt::format("AS{} still leads to {}, where no node is", client.asn,
                                       hubs.SiteOf(reached.hub).city)};
    return {};
  }
  const double last_mile_ms = hubs.latency().options().last_mile_rtt_ms;
  return {.site = site,
          .path_ms = std::max(reached.rtt_ms - last_mile_ms, hubs.latency().options().near_rtt_ms),
          .network = client.asn};
}

}  // namespace terrella::sim
