// Person: one of a city's people in a scenario: what lies between them and the network, and how
// long their provider's resolver takes. The live driver and the virtual-time engine share it.
//
// Pure: the same scenario, city and client give the same person.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "sim/net/latency_model.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// What this person says of its path: an access drawn from the mix of the scenario or the country.
net::PathWish WishOf(const Scenario& scenario, const net::Places& places, net::CityId city,
                     uint32_t client);

// The port a request comes from on a connection of its own; for the log, no socket is bound to it.
constexpr uint16_t ClientPortOf(uint64_t number) {
  return static_cast<uint16_t>(10'000 + number % 50'000);
}

// The provider's resolver is in the client's city, behind its last mile.
struct ResolverPath {
  ResolverPath(const net::LatencyModel& model, const net::Place& city);
  // An answer that is cached costs the way to the resolver. The name server is anycast from the
  // PoPs, so one that is not goes as far as the PoP that it names.
  double CachedMs(const net::PathWish& wish) const;
  double BehindMs(const net::Endpoint& pop) const { return model.RttMs(resolver, pop); }

  const net::LatencyModel& model;
  net::Endpoint client, resolver;
};

}  // namespace terrella::sim
