#include "sim/bgp/convergence.h"

#include <algorithm>

#include "base/random.h"

namespace terrella::bgp {
namespace {

// Rounds of exploration when no route is left: a path of each length up to the limit is tried.
constexpr int kGone = 255;

int LengthIn(uint16_t rank) {
  return rank & 0xff;
}

}  // namespace

Duration HeardAfter(const ConvergenceOptions& options, const RouteChange& change) {
  const bool had = LengthIn(change.before) != kUnreachable;
  const bool has = LengthIn(change.after) != kUnreachable;
  const bool bad_news = had && change.after >= change.before;
  const int travelled = bad_news ? LengthIn(change.before) : has ? LengthIn(change.after) : 0;
  CounterRandom random(options.seed, change.number, change.as);
  double ms = 0;
  for (int hop = 0; hop < travelled && ms < options.settled_ms; ++hop) {
    ms += options.hop_ms > 0 ? random.Exponential(options.hop_ms) : 0;
  }
  if (bad_news && change.after != change.before) {
    // A worse class of equal length was still one try.
    const int longer = has ? std::max(1, LengthIn(change.after) - LengthIn(change.before)) : kGone;
    const int rounds = std::min(longer, options.exploration_max);
    for (int round = 0; round < rounds; ++round) {
      // The AS that holds the round up is one on the way, not this one: drawn each time.
      if (random.Uniform() < options.mrai_share) {
        ms += options.mrai_ms * (0.75 + 0.25 * random.Uniform());
      }
    }
  }
  return FromMs(std::min(ms, options.settled_ms));
}

}  // namespace terrella::bgp
