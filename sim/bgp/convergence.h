// Convergence: how long after an announcement changes a network behaves by the new routes.
//
// Good news (a route, or a better one) travels the new path AS by AS. Bad news travels the old
// path; then every AS that has to make do with a longer path first tries the ones between (path
// exploration, Labovitz et al. 2000), and each try waits for the timer that spaces advertisements
// (MinRouteAdvertisementIntervalTimer, RFC 4271 section 9.2.1.1; where operators keep it).
//
// No measured distribution was at hand: the figures below are assumptions, the timer's 30 s and its
// jitter are the RFC's. What holds for any of them: time grows with the path's length, losing takes
// longer than gaining, and the draw of an AS is a pure function of seed, change and AS.
//
// Thread: pure functions.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "sim/bgp/routes.h"

namespace terrella::bgp {

struct ConvergenceOptions {
  double hop_ms = 250;          // mean an AS takes to process and tell on; exponential
  double mrai_ms = 30'000;      // RFC 4271 section 10; each wait is 0.75 to 1 of it
  double mrai_share = 0.3;      // of ASes that keep the timer; others advertise at once
  int exploration_max = 4;      // rounds; routers damp, operators filter
  double settled_ms = 180'000;  // nothing takes longer
  uint64_t seed = 1;
};

// What an AS had and has. Ranks as RouteTable::RankOf.
struct RouteChange {
  uint64_t number = 0;  // which change of the announcements this is
  AsId as = 0;
  uint16_t before = 0;
  uint16_t after = 0;
};

// From the change to the moment this AS forwards by the new routes; at most settled_ms.
Duration HeardAfter(const ConvergenceOptions& options, const RouteChange& change);

}  // namespace terrella::bgp
