#include "sim/scenario/kv_asks.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kStream = 0x6b76;

}  // namespace

KvAsks::KvAsks(const Scenario& scenario) : seed_(scenario.seed) {
  for (const RequestKind& request : scenario.requests) {
    Kind& kind = kinds_.emplace_back();
    if (!request.kv) continue;
    any_ = true;
    kind.write_share = request.kv->write_share;
    double sum = 0;
    for (uint32_t key = 1; key <= request.kv->keys; ++key) {
      kind.sums.push_back(sum += std::pow(key, -request.kv->zipf));
    }
  }
}

KvAsk KvAsks::Of(size_t kind, uint64_t request) const {
  const Kind& of = kinds_[kind];
  CounterRandom random(seed_, kStream, request);
  const double at = random.Uniform() * of.sums.back();
  // By rounding the draw may be the last sum.
  const auto found = std::upper_bound(of.sums.begin(), std::prev(of.sums.end()), at);
  const auto key = static_cast<uint32_t>(found - of.sums.begin());
  return {.key = key,
          .name = static_cast<uint32_t>(kind) * kKvKeysMax + key,
          .writes = random.Uniform() < of.write_share};
}

}  // namespace terrella::sim
