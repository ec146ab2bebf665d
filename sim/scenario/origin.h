// Origin: a server that workers ask while they answer, as a scenario has it: where it stands, how
// long it thinks, how often it fails.
//
// Live, a server of the driver behaves so (sim/driver/origin_servers.h); in virtual time the engine
// draws the same. What its answers say to caches is said once, here; without `caching` they say
// `no-store`.
//
// Plain data and draws; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "sim/net/places.h"

namespace terrella::sim {

struct Scenario;

// For how long caches may use its answers (RFC 9111, RFC 5861).
struct OriginCaching {
  std::chrono::seconds fresh{};
  std::optional<std::chrono::seconds> stale_while_revalidate, stale_if_error;
  bool etag = false;  // asked with the tag it gave, it says 304
};

struct Origin {
  std::string host;  // as workers write it in URLs, in lower case
  std::string city;  // as the scenario has it
  net::CityId at = 0;
  double think_ms = 0;     // in the median
  double spread = 1;       // two of three take between think_ms / spread and think_ms * spread
  double error_share = 0;  // of its answers: kOriginErrorStatus
  uint32_t body_bytes = 1000;
  std::optional<OriginCaching> caching = {};  // none: nothing is stored
};

constexpr int kOriginErrorStatus = 503;
// Of all its answers: what they are never changes.
constexpr char kOriginEtag[] = "\"one\"";
constexpr size_t kOriginsMax = 64, kOriginsAskedMax = 16;

// Where it stands, as a deploy is told: in its city, also where the scenario has a site's code or a
// point near by. Places::Find knows it as exactly that.
std::string DeployPlace(const Origin& origin, const net::Places& places);

// Cache-Control of its answers that are no errors: "max-age=60, stale-if-error=3600".
std::string CacheControlOf(const Origin& origin);

// What it makes of one question.
struct OriginThought {
  Duration think{};
  bool fails = false;
};
OriginThought DrawThought(const Origin& origin, CounterRandom& random);

// Whether it refuses connections now.
bool IsOriginOut(const Scenario& scenario, const std::string& host, Duration now);

}  // namespace terrella::sim
