// VirtualOrigins: what one node waits for the origins of a scenario, in virtual time: the way to
// each, its thought, and a handshake where no connection is free.
//
// A worker asks them one after another and stops at the first that fails. Its own work beside the
// waiting is the service's; connections are kept as the node's client keeps them.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/options.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// How far the scenario's origins are from every PoP.
//
// Thread: immutable, any.
class OriginWays {
 public:
  OriginWays(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options);
  Duration Rtt(size_t origin, size_t pop) const { return rtts_[origin * pops_ + pop]; }
  // What a request of this kind waits at a PoP for all of them, well and on connections that stand.
  double TypicalMs(const Scenario& scenario, size_t kind, size_t pop) const;

 private:
  const size_t pops_;
  std::vector<Duration> rtts_;
};

class VirtualOrigins {
 public:
  VirtualOrigins(const Scenario& scenario, const OriginWays& ways, size_t pop);

  enum class End : uint8_t { kWell, kError, kRefused };
  struct Outcome {
    Duration waited{};
    End end = End::kWell;
  };
  // What request `number`, of this kind, waits when its worker asks at `begun`, which only grows.
  Outcome Ask(size_t kind, uint64_t number, Duration begun);
  // The node's process is another one: no connection is left.
  void Forget();

 private:
  // A connection that was last busy before this is gone at `now`: idle for too long, or the origin
  // went away since.
  Duration GoneBefore(size_t origin, Duration now) const;
  // Whether a connection is free at `leaves`; it is then busy until `until`, as a new one is. What
  // is gone for good at `arrives`, which only grows, is forgotten; `leaves` may be ahead of it, and
  // later requests may still leave before.
  bool TakeConnection(size_t origin, Duration arrives, Duration leaves, Duration until);

  const Scenario& scenario_;
  const OriginWays& ways_;
  const size_t pop_;
  std::vector<std::vector<Duration>> free_at_;  // by origin: of its connections
  std::vector<std::vector<Duration>> outages_;  // by origin: when each began, in order
};

// What is answered in place of the service when an origin failed; null when it did not, or when the
// profile does not say.
const FailedService* FailureOf(const ServiceProfile& service, VirtualOrigins::End end);

}  // namespace terrella::sim
