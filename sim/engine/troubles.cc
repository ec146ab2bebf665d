#include "sim/engine/troubles.h"

#include <algorithm>

#include "sim/net/path_fault.h"

namespace terrella::sim {

Troubles::Troubles(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options,
                   const Audience& audience, WorkerPool& pool)
    : pops_(options.pops.size()) {
  using enum TimelineEvent::Action;
  for (const TimelineEvent& event : scenario.timeline) {
    if (event.action == kResolverOutage) {
      Outage out{.event = &event, .cities = std::vector<bool>(audience.cities())};
      for (size_t city = 0; city < audience.cities(); ++city) {
        const net::CityId resolver = audience.PlaceAt(audience.ResolverAt(city)).city;
        out.cities[city] = terrella::sim::IsResolverOut(event, *world.places, resolver);
      }
      outages_.push_back(std::move(out));
    } else if (event.action == kCut || event.action == kLoss) {
      Fault fault{.event = &event, .detour_ms = {}};
      fault.detour_ms.resize(audience.cities() * pops_);
      pool.ForEach(audience.cities(), [&](size_t city) {
        const net::Place& place = audience.PlaceAt(city);
        net::Endpoint bare = audience.EndpointAt(city);
        bare.access_rtt_ms = 0;
        for (size_t pop = 0; pop < pops_; ++pop) {
          const net::PopSite& site = options.pops[pop];
          if (!net::IsBetween(*world.places, event.fault, place.country, site.country)) continue;
          fault.detour_ms[city * pops_ + pop] =
              event.action == kLoss
                  ? 1
                  : static_cast<float>(net::DetourMs(*world.latency, *world.places, event.fault,
                                                     bare, world.latency->SiteAt(site)));
        }
      });
      faults_.push_back(std::move(fault));
    }
  }
}

bool Troubles::IsResolverOut(size_t city, Duration now) const {
  return std::any_of(outages_.begin(), outages_.end(), [&](const Outage& outage) {
    return outage.cities[city] && IsUnderWay(*outage.event, now);
  });
}

void Troubles::Suffer(size_t city, size_t pop, Duration now, Path& path) const {
  for (const Fault& fault : faults_) {
    const double detour_ms = fault.detour_ms[city * pops_ + pop];
    if (detour_ms == 0 || !IsUnderWay(*fault.event, now)) continue;
    if (const auto& loss = fault.event->fault.loss) {
      path.mile.loss = net::PathLoss(path.mile.loss, *loss);
    } else {
      path.rtt_ms = std::max(path.rtt_ms, detour_ms + path.mile.rtt_ms + path.mile.queue_ms);
    }
  }
}

}  // namespace terrella::sim
