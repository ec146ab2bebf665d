// Audience: the cities of a scenario and of its public resolvers, and how far each is from every
// PoP: all that phases of a virtual run look up, computed once.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/engine/options.h"
#include "sim/engine/worker_pool.h"
#include "sim/ingress/path.h"
#include "sim/scenario/person.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// The way between a city, without anybody's last mile, and a PoP.
struct Distance {
  double rtt_ms = 0;
  double deviation_ms = 0;
  double behind_resolver_ms = 0;  // from the city's resolver
};

class Audience {
 public:
  Audience(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options,
           WorkerPool& pool);

  size_t cities() const { return cities_.size(); }
  // Of a city the scenario names.
  size_t IndexOf(net::CityId city) const { return index_[city]; }
  const net::Place& PlaceAt(size_t city) const { return cities_[city].place; }
  const net::Endpoint& EndpointAt(size_t city) const { return cities_[city].resolver.client; }
  // Where the resolver of its people is, as an index.
  size_t ResolverAt(size_t city) const { return cities_[city].resolver_index; }
  // Which of the scenario's populations they are.
  size_t PopulationAt(size_t city) const { return cities_[city].population; }
  // Without anybody's last mile.
  double RttMs(size_t city, size_t pop) const { return rtts_ms_[city * sites_.size() + pop]; }
  // Takes some work: see Ways.
  Distance Between(size_t city, size_t pop) const;
  // What stands between a person and the network. `key` is the client's, as the ingress has it.
  struct Person {
    net::LastMile mile;
    double resolver_ms = 0;  // for an answer that the resolver has
  };
  // Good as long as `own`, where somebody's own is put who is not like all others of the city.
  const Person& PersonAt(size_t city, uint32_t client, uint64_t key,
                         const std::optional<uint64_t>& network, Person& own) const;
  // Whether people of one city have miles of their own.
  bool people_differ() const { return miles_differ_; }
  const PathSettings& settings() const { return settings_; }

 private:
  void Add(net::CityId city, size_t population, const EngineWorld& world);
  net::Endpoint BareAt(size_t city) const;

  struct City {
    net::Place place;
    ResolverPath resolver;
    uint16_t population = 0;
    size_t resolver_index = 0;
    double users_percent = 0;  // of its country
    Person person;             // all of them, unless they differ
  };
  const Scenario& scenario_;
  const bool accesses_differ_;  // from person to person
  const bool miles_differ_;     // ... or else their networks' queues
  PathSettings settings_;
  std::vector<net::Endpoint> sites_;
  std::vector<uint32_t> index_;  // by CityId
  std::vector<bool> known_;      // by CityId
  std::vector<City> cities_;
  std::vector<double> rtts_ms_;  // city-major
};

// Ways: the distances between one city and the few PoPs that its people are sent to.
//
// Thread: one at a time.
class Ways {
 public:
  Ways(const Audience& audience, size_t city) : audience_(audience), city_(city) {}
  // Good until the next call.
  const Distance& To(uint16_t pop) {
    for (const auto& [known, distance] : known_) {
      if (known == pop) return distance;
    }
    return known_.emplace_back(pop, audience_.Between(city_, pop)).second;
  }

 private:
  const Audience& audience_;
  const size_t city_;
  std::vector<std::pair<uint16_t, Distance>> known_;
};

}  // namespace terrella::sim
