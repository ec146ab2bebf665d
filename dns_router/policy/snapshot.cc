#include "dns_router/policy/snapshot.h"

#include "base/status.h"

namespace terrella::dns {

Snapshot::Snapshot(TopologyView view, std::shared_ptr<const Geography> geography,
                   std::shared_ptr<const Ranking> ranking, Zone zone, size_t addresses_max)
    : view_(std::move(view)),
      geography_(std::move(geography)),
      ranking_(std::move(ranking)),
      zone_(std::move(zone)),
      steering_(*ranking_, *geography_, view_.nodes, addresses_max) {}

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
  auto ranking = Ranking::Build(
      *geography, view.nodes,
      previous != nullptr && previous->geography_ == geography ? previous->ranking_ : nullptr);
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(view), std::move(geography),
                                                      std::move(ranking), std::move(zone),
                                                      options.addresses_max));
}

}  // namespace terrella::dns
