// What-if: a network before and after a change, in people and milliseconds.
//
// Thread: the functions may use as many threads as they are told; results do not depend on it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/bgp/catchment.h"

namespace terrella::bgp {

// Weighted quantiles of round-trip times, last mile included, over people who have a route.
struct RttSummary {
  double users = 0;
  double unserved = 0;  // without a route
  double mean_ms = 0, p50_ms = 0, p90_ms = 0, p99_ms = 0;
  double within_50_ms = 0;  // share of users
};
RttSummary Summarise(const Internet& internet, const Catchment& catchment);

// Shares of users whose path is longer than the best they could have: the least over all sites of
// the path to it when it alone is announced, as measurements of anycast do it.
struct Penalty {
  double nearest_site = 0;  // share that reaches the site with the least round-trip time
  double over_1_ms = 0, over_10_ms = 0, over_25_ms = 0, over_100_ms = 0;
  double over_5000_km = 0;  // farther from its site than from the nearest
  // [p] is what the path of p of a hundred users is at most longer by; >= 0.
  std::array<float, 101> quantiles_ms{};
};
// One catchment a site. `threads` >= 1.
Penalty PenaltyOf(const Internet& internet, const AnycastNetwork& network,
                  const Catchment& catchment, int threads);

struct Move {
  SiteId from = 0, to = 0;  // kNoSite: no route
  double users = 0;
  double before_ms = 0, after_ms = 0;  // mean round trip; 0 without a route
};
struct Difference {
  double moved = 0;         // users whose site changed
  double unserved = 0;      // users who lost every route
  double slower = 0;        // users whose round trip grew by more than 10 ms
  double added_ms = 0;      // mean over all users with a route before and after
  std::vector<Move> moves;  // most users first
};
Difference Compare(const Internet& internet, const Catchment& before, const Catchment& after);

// Users by site.
std::vector<double> Load(const Internet& internet, const AnycastNetwork& network,
                         const Catchment& catchment);

enum class FailureKind : uint8_t { kSite, kTransit, kExchange };
struct Failure {
  FailureKind kind = FailureKind::kSite;
  SiteId site = kNoSite;  // of kSite and kExchange
  AsId as = 0;            // of kTransit
  Difference difference;
  SiteId heaviest = kNoSite;  // where most load lands, less what leaves it
  double heaviest_users = 0;
  double heaviest_growth = 0;  // its load after, over before; 0 when it had none
};
// Every site, every transit network and every exchange of a network gone in turn: worst first
// (users without a route, then mean time added). `threads` >= 1.
std::vector<Failure> AllFailures(const Internet& internet, const AnycastNetwork& network,
                                 int threads);

// Runs job(engine, scratch, i) for i in [0, count), each thread with an engine and a catchment of
// its own.
void ForEachVariant(const Internet& internet, size_t count, int threads,
                    const std::function<void(CatchmentEngine&, Catchment&, size_t)>& job);

}  // namespace terrella::bgp
