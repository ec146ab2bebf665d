#include "sim/net/relay.h"

namespace terrella::net {

Detour BestDetour(const LatencyModel& model, const Endpoint& from, const Endpoint& to,
                  std::span<const Endpoint> relays) {
  Detour out{.direct_ms = model.RttMs(from, to)};
  out.ms = out.direct_ms;
  for (size_t i = 0; i < relays.size(); ++i) {
    const double first_ms = model.RttMs(from, relays[i]);
    if (first_ms >= out.ms) continue;
    const double ms = first_ms + model.RttMs(relays[i], to);
    if (ms >= out.ms) continue;
    out.ms = ms;
    out.relay = i;
  }
  return out;
}

}  // namespace terrella::net
