// Gilbert: which packets of a path get lost: not one by one at random, but in runs.
//
// Two states (Gilbert 1960): in the good one packets arrive, in the bad one they do not. From
// packet to packet the path stays or changes, so losses come in runs of `burst` packets in the mean
// and make up `share` of all packets. Packets that are a round trip or more apart are strangers to
// each other: a flight begins in a state of its own.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "base/random.h"

namespace terrella::net {

struct LossRates {
  double share = 0;  // of packets, [0, kLossShareMax]
  double burst = 1;  // packets lost in a row, mean; [1, kLossBurstMax]
};
constexpr double kLossShareMax = 0.5, kLossBurstMax = 1'000;

// "1%", or "1%/4" for runs of four. InvalidArgument that says what was expected.
absl::StatusOr<LossRates> ParseLossRates(std::string_view text);
// ParseLossRates reads it back: the shortest such text, "7%/1", of at most kLossTextBytesMax.
std::string LossRatesText(const LossRates& rates);
constexpr size_t kLossTextBytesMax = 2 * 24 + 2;

class GilbertChain {
 public:
  // Begins a flight.
  GilbertChain(const LossRates& rates, CounterRandom& random)
      : leave_(1 / rates.burst), enter_(rates.share / (1 - rates.share) * leave_) {
    CHECK(rates.share >= 0 && rates.share <= kLossShareMax);
    CHECK(rates.burst >= 1 && rates.burst <= kLossBurstMax);
    bad_ = random.Uniform() < rates.share;
  }
  // Whether the next packet is lost.
  bool NextLost(CounterRandom& random) {
    const bool lost = bad_;
    bad_ = random.Uniform() < (bad_ ? 1 - leave_ : enter_);
    return lost;
  }

 private:
  const double leave_, enter_;  // per packet
  bool bad_ = false;
};

// Of a path whose two ends lose packets independently: at most kLossShareMax, and the longer
// bursts.
LossRates PathLoss(const LossRates& a, const LossRates& b);

}  // namespace terrella::net
