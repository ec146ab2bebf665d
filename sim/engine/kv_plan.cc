#include "sim/engine/kv_plan.h"

#include <algorithm>

namespace terrella::sim {

KvPlan::KvPlan(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options)
    : asks_(scenario), acks_early_(options.times.kv_acks_early) {
  if (!asks_.any()) return;
  for (const RequestKind& kind : scenario.requests) workloads_.push_back(kind.kv);
  const auto named = std::find_if(options.pops.begin(), options.pops.end(),
                                  [](const net::PopSite& site) { return site.iata == kKvHome; });
  const net::PopSite& home = named == options.pops.end() ? options.pops.front() : *named;
  for (const net::PopSite& site : options.pops) {
    // As a cluster tells its nodes.
    rtts_.push_back(
        FromMs(world.latency->RttMs(world.latency->SiteAt(site), world.latency->SiteAt(home))));
  }
}

}  // namespace terrella::sim
