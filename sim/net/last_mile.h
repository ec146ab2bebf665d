// LastMile: what stands between one client and the path: its access, the queue of its network in
// the evening, and how many of its packets get lost.
//
// Pure: everything is fixed by the seed, the client and the hour, so any process that knows them
// finds the same person the same way.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/net/access_mix.h"
#include "sim/net/evening_queue.h"
#include "sim/net/path_wish.h"
#include "sim/net/places.h"

namespace terrella::net {

struct LastMileOptions {
  AccessChoice access;
  std::optional<LossRates> loss;   // instead of each access's own
  std::optional<double> hour_utc;  // none: it is never evening
  double wired_rtt_ms = 4;         // as LatencyOptions::last_mile_rtt_ms
  EveningOptions evening;
  uint64_t seed = 1;
};

// Networks that share the people of a city, where no graph of ASes says which there are.
constexpr uint64_t kNetworksPerCity = 8;

struct LastMile {
  std::string_view access = "wired";
  double rtt_ms = 0;    // of the access, without the queue
  double queue_ms = 0;  // the queue adds to every round trip
  LossRates loss;
  uint64_t network = 0;
};

// `country_users_percent`: of the client's country. `client` names the person within the city;
// `network` is the AS when it is known.
LastMile LastMileOf(const LastMileOptions& options, const PathWish& wish, const Place& place,
                    double country_users_percent, uint64_t client,
                    std::optional<uint64_t> network = std::nullopt);

}  // namespace terrella::net
