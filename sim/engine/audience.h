// Audience: the cities of a scenario, and how far each is from every PoP: all that phases of a
// virtual run look up, computed once.
//
// Thread: immutable, any.
#pragma once

#include <cstdint>
#include <optional>
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
  size_t pops() const { return pops_; }
  // Of a city the scenario names.
  size_t IndexOf(net::CityId city) const { return index_[city]; }
  const net::Place& PlaceAt(size_t city) const { return cities_[city].place; }
  const net::Endpoint& EndpointAt(size_t city) const { return cities_[city].resolver.client; }
  const Distance& Between(size_t city, size_t pop) const { return distances_[city * pops_ + pop]; }
  // What stands between a person and the network. `key` is the client's, as the ingress has it.
  struct Person {
    net::LastMile mile;
    double resolver_ms = 0;  // for an answer that the resolver has
  };
  Person PersonAt(size_t city, uint32_t client, uint64_t key,
                  std::optional<uint64_t> network = std::nullopt) const;
  const PathSettings& settings() const { return settings_; }

 private:
  struct City {
    net::Place place;
    ResolverPath resolver;
    double users_percent = 0;  // of its country
    double resolver_ms = 0;    // over the access that all have, unless they differ
    net::LastMile mile;        // of all, unless they differ
  };
  const Scenario& scenario_;
  const bool accesses_differ_;  // from person to person
  const bool miles_differ_;     // ... or else their networks' queues
  PathSettings settings_;
  size_t pops_ = 0;
  std::vector<uint32_t> index_;  // by CityId
  std::vector<City> cities_;
  std::vector<Distance> distances_;  // city-major
};

}  // namespace terrella::sim
