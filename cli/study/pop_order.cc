#include "cli/study/pop_order.h"

#include <algorithm>

namespace terrella::cli {
namespace {

struct Gain {
  double people = 0;      // newly within the round trip, by weight
  double shorter_ms = 0;  // of those beyond it, weighted
  bool operator>(const Gain& other) const {
    return people != other.people ? people > other.people : shorter_ms > other.shorter_ms;
  }
};

constexpr double kFarMs = 1000;  // farther than any two places

}  // namespace

std::vector<net::PopSite> OrderByGain(std::span<const net::PopSite> sites,
                                      const sim::Scenario& scenario, const sim::EngineWorld& world,
                                      double rtt_ms) {
  const auto& cities = scenario.clients.cities;
  std::vector<float> rtts(cities.size() * sites.size());  // site-major
  std::vector<net::Endpoint> people;
  for (const sim::ClientCity& city : cities) {
    people.push_back(world.latency->ClientAt(world.places->PlaceOf(city.city)));
  }
  for (size_t s = 0; s < sites.size(); ++s) {
    const net::Endpoint site = world.latency->SiteAt(sites[s]);
    for (size_t c = 0; c < cities.size(); ++c) {
      rtts[s * cities.size() + c] = static_cast<float>(world.latency->RttMs(people[c], site));
    }
  }
  std::vector<double> nearest_ms(cities.size(), kFarMs);
  std::vector<bool> taken(sites.size());
  std::vector<net::PopSite> out;
  while (out.size() < sites.size()) {
    size_t best = sites.size();
    Gain best_gain;
    for (size_t s = 0; s < sites.size(); ++s) {
      if (taken[s]) continue;
      Gain gain;
      for (size_t c = 0; c < cities.size(); ++c) {
        const double now_ms = rtts[s * cities.size() + c];
        if (nearest_ms[c] <= rtt_ms || now_ms >= nearest_ms[c]) continue;
        gain.shorter_ms += cities[c].weight * (nearest_ms[c] - now_ms);
        if (now_ms <= rtt_ms) gain.people += cities[c].weight;
      }
      if (best == sites.size() || gain > best_gain) {
        best = s;
        best_gain = gain;
      }
    }
    taken[best] = true;
    out.push_back(sites[best]);
    for (size_t c = 0; c < cities.size(); ++c) {
      nearest_ms[c] = std::min<double>(nearest_ms[c], rtts[best * cities.size() + c]);
    }
  }
  return out;
}

}  // namespace terrella::cli
