#include "sim/net/last_mile.h"

namespace terrella::net {
namespace {

enum Stream : uint64_t { kAccess = 0x616363657373, kNetwork = 0x6e6574776f726b };

}  // namespace

LastMile LastMileOf(const LastMileOptions& options, const PathWish& wish, const Place& place,
                    double country_users_percent, uint64_t client,
                    std::optional<uint64_t> network) {
  const uint64_t person = Mix64(client) ^ place.city;
  LastMile out{.rtt_ms = options.wired_rtt_ms};
  const AccessChoice choice = wish.access.value_or(options.access);
  if (choice.kind != AccessChoice::Kind::kWired) {
    CounterRandom random(options.seed, kAccess, person);
    const Access& access = AccessOf(choice.kind == AccessChoice::Kind::kType
                                        ? choice.type
                                        : DrawAccess(AccessMixOf(country_users_percent), random));
    out.access = access.name;
    out.rtt_ms = access.rtt_ms;
    out.loss = access.loss;
  }
  if (options.loss) out.loss = *options.loss;
  if (wish.loss) out.loss = *wish.loss;
  CounterRandom draw(options.seed, kNetwork, person);
  out.network =
      network.value_or(uint64_t{place.city} * kNetworksPerCity + draw.Below(kNetworksPerCity));
  const std::optional<double> hour = wish.hour_utc ? wish.hour_utc : options.hour_utc;
  if (hour) {
    out.queue_ms = EveningQueueMs(options.evening, out.network, *hour, place.at.longitude_deg);
  }
  return out;
}

}  // namespace terrella::net
