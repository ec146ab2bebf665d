#include "sim/scenario/person.h"

#include "base/random.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kAccessStream = 0x616363657373;

}  // namespace

net::PathWish WishOf(const Scenario& scenario, const net::Places& places, net::CityId city,
                     uint32_t client) {
  const Network& network = scenario.network;
  net::PathWish wish = network.wish;
  const bool by_country = wish.access && wish.access->kind == net::AccessChoice::Kind::kMix;
  if (!network.mix && !by_country) return wish;
  const net::Country* country = places.FindCountry(places.cities()[city].country);
  const net::AccessMix mix =
      network.mix ? *network.mix
                  : net::AccessMixOf(country == nullptr ? 0 : country->internet_users_percent);
  // Connections that are kept are shared by a city's people: then they share the access, too.
  const uint64_t person = scenario.clients.keep_alive ? 0 : client;
  CounterRandom random(scenario.seed, kAccessStream, uint64_t{city} << 32 | person);
  wish.access = net::AccessChoice{.kind = net::AccessChoice::Kind::kType,
                                  .type = net::DrawAccess(mix, random)};
  return wish;
}

ResolverPath::ResolverPath(const net::LatencyModel& model, const net::Place& city)
    : model(model), client(model.ClientAt(city)), resolver(model.SiteAt(city.country, city.at)) {}

double ResolverPath::CachedMs(const net::PathWish& wish) const {
  net::Endpoint from = client;
  if (wish.access && wish.access->kind == net::AccessChoice::Kind::kType) {
    from.access_rtt_ms = net::AccessOf(wish.access->type).rtt_ms;
  }
  return model.RttMs(from, resolver);
}

}  // namespace terrella::sim
