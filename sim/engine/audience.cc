#include "sim/engine/audience.h"

#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

bool HasMix(const Network& network) {
  return network.mix ||
         (network.wish.access && network.wish.access->kind == net::AccessChoice::Kind::kMix);
}

}  // namespace

Audience::Audience(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options,
                   WorkerPool& pool)
    : scenario_(scenario),
      accesses_differ_(HasMix(scenario.network)),
      miles_differ_(accesses_differ_ || scenario.network.wish.hour_utc ||
                    options.last_mile.hour_utc ||
                    options.last_mile.access.kind != net::AccessChoice::Kind::kWired),
      settings_{.model = *world.latency,
                .places = *world.places,
                .last_mile = options.last_mile,
                .jitter = options.jitter,
                .seed = options.cluster_seed},
      index_(world.places->cities().size()) {
  for (const net::PopSite& pop : options.pops) sites_.push_back(world.latency->SiteAt(pop));
  std::vector<bool> known(index_.size());
  for (const ClientCity& client : scenario.clients.cities) {
    if (known[client.city]) continue;
    known[client.city] = true;
    index_[client.city] = static_cast<uint32_t>(cities_.size());
    const net::Place place = world.places->PlaceOf(client.city);
    const net::Country* country = world.places->FindCountry(place.country);
    City city{.place = place, .resolver = ResolverPath(*world.latency, place)};
    city.users_percent = country == nullptr ? 0 : country->internet_users_percent;
    city.person.resolver_ms = city.resolver.CachedMs(scenario.network.wish);
    city.person.mile = net::LastMileOf(MileOptionsOf(settings_), scenario.network.wish, place,
                                       city.users_percent, 0);
    cities_.push_back(std::move(city));
  }
  rtts_ms_.resize(cities_.size() * sites_.size());
  pool.ForEach(cities_.size(), [&](size_t city) {
    const net::Endpoint bare = BareAt(city);
    for (size_t pop = 0; pop < sites_.size(); ++pop) {
      rtts_ms_[city * sites_.size() + pop] = settings_.model.RttMs(bare, sites_[pop]);
    }
  });
}

net::Endpoint Audience::BareAt(size_t city) const {
  net::Endpoint bare = cities_[city].resolver.client;
  bare.access_rtt_ms = 0;
  return bare;
}

Distance Audience::Between(size_t city, size_t pop) const {
  return {.rtt_ms = RttMs(city, pop),
          .deviation_ms = net::LatencyModel::DeviationMs(BareAt(city), sites_[pop]),
          .behind_resolver_ms = cities_[city].resolver.BehindMs(sites_[pop])};
}

const Audience::Person& Audience::PersonAt(size_t index, uint32_t client, uint64_t key,
                                           const std::optional<uint64_t>& network,
                                           Person& own) const {
  const City& city = cities_[index];
  if (!miles_differ_) return city.person;
  const net::PathWish wish = accesses_differ_
                                 ? WishOf(scenario_, settings_.places, city.place.city, client)
                                 : scenario_.network.wish;
  own.resolver_ms = accesses_differ_ ? city.resolver.CachedMs(wish) : city.person.resolver_ms;
  own.mile =
      net::LastMileOf(MileOptionsOf(settings_), wish, city.place, city.users_percent, key, network);
  return own;
}

}  // namespace terrella::sim
