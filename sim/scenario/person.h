// Person: one of a city's people in a scenario: what lies between them and the network, and how
// long their provider's resolver takes. The live driver and the virtual-time engine share it.
//
// Pure: the same scenario, city and client give the same person.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/net/latency_model.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// What this person of a population says of its path: an access drawn from the mix of the population
// or the country.
net::PathWish WishOf(const Scenario& scenario, const net::Places& places, net::CityId city,
                     uint32_t client, size_t population = 0);
// What all of them say.
const net::PathWish& CommonWish(const Scenario& scenario, size_t population);
// What a person of a population speaks.
Protocol ProtocolOf(const Scenario& scenario, net::CityId city, uint32_t client,
                    size_t population = 0);
// Whether the wishes of a population's people differ.
bool HasMix(const Scenario& scenario, size_t population);
// Where the resolver of a population's people of a city is.
net::CityId ResolverCityOf(const Scenario& scenario, net::CityId city, size_t population);
// Whether an outage is about it.
bool IsResolverOut(const TimelineEvent& event, const net::Places& places, net::CityId resolver);
// Whether it does not answer now.
bool IsResolverOut(const Scenario& scenario, const net::Places& places, net::CityId resolver,
                   Duration now);
// What is wrong between parts of the world now, for all paths.
std::vector<net::PathFault> FaultsAt(const Scenario& scenario, Duration now);

// What a person sends to stay with a version (Clients::sticky): their address.
std::string VersionKeyOf(net::CityId city, uint32_t client);

// The port a request comes from on a connection of its own; for the log, no socket is bound to it.
constexpr uint16_t ClientPortOf(uint64_t number) {
  return static_cast<uint16_t>(10'000 + number % 50'000);
}
// Of a connection of a page (PageAsk::connection), by the number of its document.
constexpr uint16_t ClientPortOf(uint64_t number, size_t connection) {
  return ClientPortOf(connection == 0 ? number : Mix64(number ^ Mix64(connection)));
}

// The provider's resolver is in the client's city, behind its last mile; a public one where it is.
struct ResolverPath {
  ResolverPath(const net::LatencyModel& model, const net::Place& city,
               const net::Place& resolver_city);
  // An answer that is cached costs the way to the resolver. The name server is anycast from the
  // PoPs, so one that is not goes as far as the PoP that it names.
  double CachedMs(const net::PathWish& wish) const;
  double BehindMs(const net::Endpoint& pop) const { return model.RttMs(resolver, pop); }

  const net::LatencyModel& model;
  net::Endpoint client, resolver;
};

}  // namespace terrella::sim
