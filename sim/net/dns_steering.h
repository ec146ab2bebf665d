// DnsSteering: which site people are sent to when DNS names it, by how their question gets there.
//
// A name server sees a resolver, and with EDNS Client Subnet (RFC 7871) also the block of the
// person who asked. It names the site nearest to where it believes that person is. The nearer that
// belief is to the truth, the nearer the site:
//
//   direct       the person's own city is known: the best that steering can do
//   isp          the resolver of their network: in the most populous city of the country not far
//                from theirs
//   public       a public resolver: at the nearest of its own sites, which may be an ocean away
//   ecs          the same, passing on the block, whose city is known (terrella data pull)
//   ecs_country  the same with blocks known by country only (data/prefixes.bin): its largest city
//
// The model both steers and judges, so neither its own errors nor those of geolocation show: ecs
// equals direct.
//
// Thread: functions of immutable arguments, any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/net/pops.h"

namespace terrella::net {

enum class SteeringWay : uint8_t { kDirect, kIsp, kPublic, kEcs, kEcsCountry };
constexpr size_t kSteeringWays = 5;
std::string_view SteeringWayName(SteeringWay way);  // "direct", "isp", ...

struct SteeringOptions {
  // How far the resolver of a person's network may be. An assumption: networks run theirs in the
  // large cities of a country.
  double isp_resolver_km = 300;
};

struct SteeredCity {
  CityId city = 0;
  uint32_t resolver = 0;                       // index of the public resolver's site
  double resolver_km = 0;                      // to it
  bool resolver_abroad = false;                // in another country
  std::array<uint32_t, kSteeringWays> site{};  // index of the site named
  std::array<double, kSteeringWays> rtt_ms{};  // to it, last mile included
  std::array<double, kSteeringWays> km{};      // to it
};

// One a city. `sites` and `resolvers` are not empty.
std::vector<SteeredCity> SteerAll(const Places& places, const LatencyModel& latency,
                                  std::span<const PopSite> sites,
                                  std::span<const PopSite> resolvers,
                                  const SteeringOptions& options = {});

// Weighted by the cities' Internet users.
struct SteeringQuality {
  double users = 0;  // nothing else is set when it is 0
  double rtt_mean_ms = 0, rtt_p50_ms = 0, rtt_p90_ms = 0;
  double misdirected = 0;          // share sent to a site more than 1 ms slower than the best
  double over_25_ms = 0;           // share for whom it is more than 25 ms slower
  double km_mean = 0, km_p50 = 0;  // to the site: the "mapping distance"
};
// Of the cities that `counts`.
SteeringQuality QualityOf(const Places& places, std::span<const SteeredCity> cities,
                          SteeringWay way, const std::function<bool(const SteeredCity&)>& counts);

}  // namespace terrella::net
