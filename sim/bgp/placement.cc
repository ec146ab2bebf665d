#include "sim/bgp/placement.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace terrella::bgp {
namespace {

constexpr float kNoticedMs = 1;
// A site that improves the mean by less is of no use.
constexpr double kGainMinMs = 1e-4;

// A network of all sites and candidates, of which some announce. Site ids never change, so that
// catchments can be compared and rerun.
class Growth {
 public:
  Growth(const Internet& internet, std::span<const HubId> sites, const PlacementOptions& options)
      : internet_(internet), engine_(internet), threads_(options.threads) {
    std::vector<HubId> all(sites.begin(), sites.end());
    for (const HubId hub : options.candidates) {
      if (std::find(all.begin(), all.end(), hub) == all.end()) all.push_back(hub);
    }
    whole_ = MakeNetwork(internet, all, options.preset);
    of_site_.resize(all.size());
    for (const Session& session : whole_.sessions) of_site_[session.site].push_back(session);
    now_ = whole_;
    now_.sessions.clear();
    for (size_t site = 0; site < sites.size(); ++site) Announce(site);
    for (size_t site = sites.size(); site < all.size(); ++site) left_.push_back(site);
    engine_.Run(now_, catchment_);
  }

  // Sites that are not announced.
  const std::vector<size_t>& left() const { return left_; }
  const AnycastNetwork& now() const { return now_; }
  double mean_ms() const { return MeanMs(internet_, catchment_); }

  // The mean with each of left() announced too, in their order.
  std::vector<double> Tried() const {
    std::vector<double> out(left_.size());
    ForEachVariant(internet_, left_.size(), threads_,
                   [&](CatchmentEngine& engine, Catchment& after, size_t i) {
                     AnycastNetwork network = now_;
                     const std::vector<Session>& more = of_site_[left_[i]];
                     network.sessions.insert(network.sessions.end(), more.begin(), more.end());
                     engine.Rerun(catchment_, network, after);
                     out[i] = MeanMs(internet_, after);
                   });
    return out;
  }

  // Announces left()[index] from now on.
  PlacedSite Add(size_t index) {
    const size_t site = left_[index];
    left_.erase(left_.begin() + static_cast<ptrdiff_t>(index));
    Announce(site);
    Catchment after;
    engine_.Run(now_, after);
    PlacedSite out{.hub = now_.sites[site], .after = Summarise(internet_, after)};
    for (StopId id = 0; id < after.site.size(); ++id) {
      const double users = internet_.stops()[id].users;
      if (after.site[id] == site) out.served += users;
      if (after.site[id] == kNoSite) continue;
      const float added_ms = catchment_.site[id] == kNoSite
                                 ? -static_cast<float>(kUnservedMs)
                                 : after.path_ms[id] - catchment_.path_ms[id];
      if (added_ms < -kNoticedMs) out.faster += users;
      if (added_ms > kNoticedMs) out.slower += users;
    }
    catchment_ = std::move(after);
    return out;
  }

 private:
  void Announce(size_t site) {
    now_.sessions.insert(now_.sessions.end(), of_site_[site].begin(), of_site_[site].end());
  }

  const Internet& internet_;
  CatchmentEngine engine_;
  const int threads_;
  AnycastNetwork whole_, now_;
  std::vector<std::vector<Session>> of_site_;
  std::vector<size_t> left_;
  Catchment catchment_;  // of now_
};

}  // namespace

double MeanMs(const Internet& internet, const Catchment& catchment) {
  double sum = 0;
  const std::span<const Stop> stops = internet.stops();
  for (StopId id = 0; id < stops.size(); ++id) {
    const Stop& stop = stops[id];
    if (stop.users == 0) continue;
    sum += stop.users * (catchment.site[id] == kNoSite
                             ? kUnservedMs
                             : double{stop.access_ms} + double{catchment.path_ms[id]});
  }
  return internet.users() > 0 ? sum / internet.users() : 0;
}

std::vector<PlacedSite> PlaceByUsers(const Internet& internet, std::span<const HubId> sites,
                                     const PlacementOptions& options) {
  Growth growth(internet, sites, options);
  std::vector<PlacedSite> out;
  while (out.size() < options.count && !growth.left().empty()) {
    const std::vector<double> tried = growth.Tried();
    const auto best = std::min_element(tried.begin(), tried.end());
    if (*best > growth.mean_ms() - kGainMinMs) break;
    out.push_back(growth.Add(static_cast<size_t>(best - tried.begin())));
  }
  return out;
}

std::vector<PlacedSite> PlaceByDistance(const Internet& internet, std::span<const HubId> sites,
                                        const PlacementOptions& options) {
  Growth growth(internet, sites, options);
  const Hubs& hubs = internet.hubs();
  std::vector<double> users(hubs.size(), 0), nearest_km(hubs.size(), 1e9);
  for (const Stop& stop : internet.stops()) users[stop.hub] += stop.users;
  const auto take = [&](HubId site) {
    for (HubId hub = 0; hub < hubs.size(); ++hub) {
      nearest_km[hub] = std::min(nearest_km[hub], double{hubs.Km(hub, site)});
    }
  };
  for (const HubId site : sites) take(site);
  std::vector<PlacedSite> out;
  while (out.size() < options.count && !growth.left().empty()) {
    std::optional<size_t> best;
    double best_gain = 0;
    for (size_t i = 0; i < growth.left().size(); ++i) {
      const HubId site = growth.now().sites[growth.left()[i]];
      double gain = 0;
      for (HubId hub = 0; hub < hubs.size(); ++hub) {
        gain += users[hub] * std::max(0.0, nearest_km[hub] - double{hubs.Km(hub, site)});
      }
      if (gain > best_gain) {
        best = i;
        best_gain = gain;
      }
    }
    if (!best) break;
    take(growth.now().sites[growth.left()[*best]]);
    out.push_back(growth.Add(*best));
  }
  return out;
}

}  // namespace terrella::bgp
