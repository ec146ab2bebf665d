#include "sim/engine/audience.h"

#include <algorithm>

#include "sim/net/city_block.h"

namespace terrella::sim {
namespace {

size_t PopulationsOf(const Scenario& scenario) {
  return std::max<size_t>(1, scenario.populations.size());
}

bool AnyMix(const Scenario& scenario) {
  for (size_t i = 0; i < PopulationsOf(scenario); ++i) {
    if (HasMix(scenario, i)) return true;
  }
  return false;
}

bool AnyHour(const Scenario& scenario) {
  for (size_t i = 0; i < PopulationsOf(scenario); ++i) {
    if (CommonWish(scenario, i).hour_utc) return true;
  }
  return false;
}

}  // namespace

Audience::Audience(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options,
                   WorkerPool& pool)
    : scenario_(scenario),
      accesses_differ_(AnyMix(scenario)),
      miles_differ_(accesses_differ_ || AnyHour(scenario) || options.last_mile.hour_utc ||
                    options.last_mile.access.kind != net::AccessChoice::Kind::kWired),
      settings_{.model = *world.latency,
                .places = *world.places,
                .last_mile = options.last_mile,
                .jitter = options.jitter,
                .seed = options.cluster_seed},
      index_(world.places->cities().size()),
      known_(index_.size()) {
  for (const net::PopSite& pop : options.pops) sites_.push_back(world.latency->SiteAt(pop));
  if (scenario.populations.empty()) {
    for (const ClientCity& client : scenario.clients.cities) Add(client.city, 0, world);
  }
  for (size_t i = 0; i < scenario.populations.size(); ++i) {
    for (const ClientCity& client : scenario.populations[i].cities) Add(client.city, i, world);
  }
  for (const People& people : scenario.populations) {
    if (people.resolver) Add(*people.resolver, 0, world);
  }
  for (City& city : cities_) {
    city.resolver_index = IndexOf(ResolverCityOf(scenario, city.place.city, city.population));
  }
  rtts_ms_.resize(cities_.size() * sites_.size());
  pool.ForEach(cities_.size(), [&](size_t city) {
    const net::Endpoint bare = BareAt(city);
    for (size_t pop = 0; pop < sites_.size(); ++pop) {
      rtts_ms_[city * sites_.size() + pop] = settings_.model.RttMs(bare, sites_[pop]);
    }
  });
}

void Audience::Add(net::CityId id, size_t population, const EngineWorld& world) {
  if (known_[id]) return;
  known_[id] = true;
  index_[id] = static_cast<uint32_t>(cities_.size());
  const net::Place place = world.places->PlaceOf(id);
  const net::Country* country = world.places->FindCountry(place.country);
  const net::Place resolver = world.places->PlaceOf(ResolverCityOf(scenario_, id, population));
  City city{.place = place,
            .resolver = ResolverPath(*world.latency, place, resolver),
            .population = static_cast<uint16_t>(population)};
  city.users_percent = country == nullptr ? 0 : country->internet_users_percent;
  const net::PathWish& wish = CommonWish(scenario_, population);
  city.person.resolver_ms = city.resolver.CachedMs(wish);
  city.person.mile = net::LastMileOf(MileOptionsOf(settings_), wish, place, city.users_percent, 0);
  cities_.push_back(std::move(city));
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
  net::PathWish drawn;
  if (accesses_differ_) {
    drawn = WishOf(scenario_, settings_.places, city.place.city, client, city.population);
  }
  const net::PathWish& wish = accesses_differ_ ? drawn : CommonWish(scenario_, city.population);
  own.resolver_ms = accesses_differ_ ? city.resolver.CachedMs(wish) : city.person.resolver_ms;
  own.mile =
      net::LastMileOf(MileOptionsOf(settings_), wish, city.place, city.users_percent, key, network);
  return own;
}

}  // namespace terrella::sim
