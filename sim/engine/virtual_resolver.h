// VirtualResolver: the resolver of a city's people: it keeps an answer for its TTL; looking up
// costs what it costs live (scenario/person.h).
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/engine/virtual_world.h"

namespace terrella::sim {

class VirtualResolver {
 public:
  VirtualResolver(const VirtualWorld& world, size_t city) : world_(world), city_(city) {}

  // How long the look-up of a host takes somebody `resolver_ms` away, and which PoP it names;
  // nothing when no node serves. `ways` are the city's. In the order of time.
  std::optional<Duration> LookUp(uint16_t host, Duration now, double resolver_ms, Ways& ways,
                                 uint16_t* pop);

 private:
  struct Answer {
    uint16_t host = 0, pop = kNoPop;
    Duration expires{};
  };
  const VirtualWorld& world_;
  const size_t city_;
  std::vector<Answer> answers_;  // few: one a host
};

}  // namespace terrella::sim
