#include "sim/report/typical.h"

#include <cmath>
#include <map>
#include <tuple>

namespace terrella::sim {

std::vector<Typical> TypicalRequests(const Results& results) {
  using Key = std::pair<net::Continent, Steering>;
  const std::map<Key, Summary> groups = results.ByContinentAndSteering();
  std::map<Key, double> medians_ms;
  for (const auto& [key, summary] : groups) medians_ms[key] = QuantileMs(summary.felt_us, 0.5);

  // The order of ties is that of time, so it is the same however the requests were collected.
  using Rank = std::tuple<double, Duration, net::CityId>;
  std::map<Key, std::pair<Rank, const PhasedSample*>> nearest;
  for (const PhasedSample& phased : results.phased()) {
    const Sample& sample = phased.sample;
    const Key key{results.places().cities()[sample.city].continent, sample.steering};
    const Rank rank{std::abs(ToMs(sample.felt) - medians_ms[key]), sample.due, sample.city};
    const auto [entry, added] = nearest.try_emplace(key, rank, &phased);
    if (!added && rank < entry->second.first) entry->second = {rank, &phased};
  }

  std::vector<Typical> out;
  for (const auto& [key, chosen] : nearest) {
    const Sample& sample = chosen.second->sample;
    const net::City& city = results.places().cities()[sample.city];
    out.push_back({.region = std::string(net::ContinentName(key.first)),
                   .steering = key.second,
                   .due_s = ToMs(sample.due) / 1000,
                   .city = city.name,
                   .country = city.country,
                   .pop = results.pops()[sample.pop],
                   .felt_ms = ToMs(sample.felt),
                   .phases = chosen.second->phases});
  }
  return out;
}

}  // namespace terrella::sim
