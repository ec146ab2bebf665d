#include "sim/engine/virtual_resolver.h"

#include <algorithm>

namespace terrella::sim {

std::optional<Duration> VirtualResolver::LookUp(uint16_t host, Duration now, double resolver_ms,
                                                Ways& ways, uint16_t* pop) {
  auto answer = std::find_if(answers_.begin(), answers_.end(),
                             [&](const Answer& candidate) { return candidate.host == host; });
  if (answer == answers_.end()) answer = answers_.insert(answer, {.host = host});
  if (answer->pop != kNoPop && now < answer->expires) {
    *pop = answer->pop;
    return FromMs(resolver_ms);
  }
  answer->pop = world_.beliefs.ByDns(world_.audience.ResolverAt(city_));
  if (answer->pop == kNoPop) return std::nullopt;
  answer->expires = now + world_.options.times.dns_ttl;
  *pop = answer->pop;
  return FromMs(resolver_ms + ways.To(*pop).behind_resolver_ms);
}

}  // namespace terrella::sim
