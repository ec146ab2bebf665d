#include "sim/engine/jitter_table.h"

#include "base/random.h"
#include "sim/net/latency_model.h"

namespace terrella::sim {
namespace {

constexpr uint64_t kStream = 0x6a747461626c65;

}  // namespace

JitterTable::JitterTable(uint64_t seed, int round_trips) : draws_(size_t{1} << kBits) {
  for (size_t i = 0; i < draws_.size(); ++i) {
    CounterRandom random(seed, kStream, i);
    const auto draw_ms = [&] { return net::LatencyModel::JitterMs(random, 1); };
    double sum_ms = (draw_ms() + draw_ms()) / 2;  // a way is half a round trip
    for (int trip = 0; trip < round_trips; ++trip) sum_ms += draw_ms();
    draws_[i] = static_cast<float>(sum_ms);
  }
}

}  // namespace terrella::sim
