#include "sim/net/dns_steering.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "base/check.h"
#include "sim/net/weighted_quantile.h"

namespace terrella::net {
namespace {

constexpr double kMisdirectedMs = 1, kSlowMs = 25;

// The index of the target with the least round trip; the first of equals.
uint32_t NearestOf(const LatencyModel& latency, const Endpoint& from,
                   std::span<const Endpoint> targets) {
  uint32_t best = 0;
  double best_ms = std::numeric_limits<double>::infinity();
  for (uint32_t i = 0; i < targets.size(); ++i) {
    const double rtt_ms = latency.RttMs(from, targets[i]);
    if (rtt_ms >= best_ms) continue;
    best_ms = rtt_ms;
    best = i;
  }
  return best;
}

std::vector<Endpoint> EndpointsOf(const LatencyModel& latency, std::span<const PopSite> sites) {
  std::vector<Endpoint> out;
  for (const PopSite& site : sites) out.push_back(latency.SiteAt(site));
  return out;
}

// The city of each person's own resolver: cities are by falling population, so the first near
// enough is the most populous.
std::vector<CityId> ResolverCities(const Places& places, double km_max) {
  const std::span<const City> cities = places.cities();
  std::map<std::string_view, std::vector<CityId>> by_country;
  for (CityId id = 0; id < cities.size(); ++id) by_country[cities[id].country].push_back(id);
  std::vector<CityId> out(cities.size());
  for (const auto& [country, members] : by_country) {
    for (const CityId id : members) {
      out[id] = *std::find_if(members.begin(), members.end(), [&](CityId other) {
        return other == id || GreatCircleKm(cities[id].at, cities[other].at) <= km_max;
      });
    }
  }
  return out;
}

}  // namespace

std::string_view SteeringWayName(SteeringWay way) {
  constexpr std::array<std::string_view, kSteeringWays> kNames = {"direct", "isp", "public", "ecs",
                                                                  "ecs_country"};
  return kNames[static_cast<size_t>(way)];
}

std::vector<SteeredCity> SteerAll(const Places& places, const LatencyModel& latency,
                                  std::span<const PopSite> sites,
                                  std::span<const PopSite> resolvers,
                                  const SteeringOptions& options) {
  CHECK(!sites.empty() && !resolvers.empty());
  const std::span<const City> cities = places.cities();
  const std::vector<Endpoint> site_ends = EndpointsOf(latency, sites);
  const std::vector<Endpoint> resolver_ends = EndpointsOf(latency, resolvers);
  std::vector<Endpoint> people;
  std::vector<uint32_t> best_site;  // by city: what a name server answers for it
  for (const City& city : cities) {
    people.push_back(latency.ClientAt(city.country, city.at));
    best_site.push_back(NearestOf(latency, people.back(), site_ends));
  }
  std::vector<uint32_t> answer_of_resolver;
  for (const PopSite& resolver : resolvers) {
    answer_of_resolver.push_back(best_site[places.NearestCity(resolver.at)]);
  }
  const std::vector<CityId> isp = ResolverCities(places, options.isp_resolver_km);
  std::vector<SteeredCity> out(cities.size());
  for (CityId id = 0; id < cities.size(); ++id) {
    SteeredCity& city = out[id];
    city.city = id;
    city.resolver = NearestOf(latency, people[id], resolver_ends);
    city.resolver_km = GreatCircleKm(cities[id].at, resolvers[city.resolver].at);
    city.resolver_abroad = cities[id].country != resolvers[city.resolver].country;
    const CityId largest = *places.FindCountry(cities[id].country)->largest_city;
    city.site = {best_site[id], best_site[isp[id]], answer_of_resolver[city.resolver],
                 best_site[id], best_site[largest]};
    for (size_t way = 0; way < kSteeringWays; ++way) {
      city.rtt_ms[way] = latency.RttMs(people[id], site_ends[city.site[way]]);
      city.km[way] = GreatCircleKm(cities[id].at, sites[city.site[way]].at);
    }
  }
  return out;
}

SteeringQuality QualityOf(const Places& places, std::span<const SteeredCity> cities,
                          SteeringWay way, const std::function<bool(const SteeredCity&)>& counts) {
  const size_t w = static_cast<size_t>(way), direct = static_cast<size_t>(SteeringWay::kDirect);
  SteeringQuality out;
  std::vector<std::pair<double, double>> rtts, distances;
  for (const SteeredCity& city : cities) {
    if (!counts(city)) continue;
    const double users = places.cities()[city.city].users;
    const double added_ms = city.rtt_ms[w] - city.rtt_ms[direct];
    out.users += users;
    out.rtt_mean_ms += users * city.rtt_ms[w];
    out.km_mean += users * city.km[w];
    out.misdirected += added_ms > kMisdirectedMs ? users : 0;
    out.over_25_ms += added_ms > kSlowMs ? users : 0;
    rtts.emplace_back(city.rtt_ms[w], users);
    distances.emplace_back(city.km[w], users);
  }
  if (out.users == 0) return {};
  for (double* sum : {&out.rtt_mean_ms, &out.km_mean, &out.misdirected, &out.over_25_ms}) {
    *sum /= out.users;
  }
  std::sort(rtts.begin(), rtts.end());
  std::sort(distances.begin(), distances.end());
  out.rtt_p50_ms = WeightedQuantile(rtts, out.users, 0.5);
  out.rtt_p90_ms = WeightedQuantile(rtts, out.users, 0.9);
  out.km_p50 = WeightedQuantile(distances, out.users, 0.5);
  return out;
}

}  // namespace terrella::net
