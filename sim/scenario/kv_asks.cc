#include "sim/scenario/kv_asks.h"

#include "base/random.h"
#include "sim/scenario/catalogue.h"

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
    kind.keys.emplace(ZipfWeights(request.kv->keys, request.kv->zipf));
  }
}

KvAsk KvAsks::Of(size_t kind, uint64_t request) const {
  const Kind& of = kinds_[kind];
  CounterRandom random(seed_, kStream, request);
  const auto key = static_cast<uint32_t>(of.keys->Draw(random));
  return {.key = key,
          .name = static_cast<uint32_t>(kind) * kKvKeysMax + key,
          .writes = random.Uniform() < of.write_share};
}

}  // namespace terrella::sim
