// Origin: a server that workers ask while they answer, as a scenario has it: where it stands, how
// long it thinks, how often it fails.
//
// Live, a server of the driver behaves so (sim/driver/origin_servers.h); in virtual time the engine
// draws the same. Neither stores what it answers: its answers say `no-store`.
//
// Plain data and draws; pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "sim/net/places.h"

namespace terrella::sim {

struct Scenario;

struct Origin {
  std::string host;  // as workers write it in URLs, in lower case
  std::string city;  // as the scenario has it
  net::CityId at = 0;
  double think_ms = 0;     // in the median
  double spread = 1;       // two of three take between think_ms / spread and think_ms * spread
  double error_share = 0;  // of its answers: kOriginErrorStatus
  uint32_t body_bytes = 1000;
};

constexpr int kOriginErrorStatus = 503;
constexpr size_t kOriginsMax = 64, kOriginsAskedMax = 16;

// Where it stands, as a deploy is told: in its city, also where the scenario has a site's code or a
// point near by. Places::Find knows it as exactly that.
std::string DeployPlace(const Origin& origin, const net::Places& places);

// What it makes of one question.
struct OriginThought {
  Duration think{};
  bool fails = false;
};
OriginThought DrawThought(const Origin& origin, CounterRandom& random);

// Whether it refuses connections now.
bool IsOriginOut(const Scenario& scenario, const std::string& host, Duration now);

}  // namespace terrella::sim
