// JitterTable: draws of what jitter adds to a request on a new connection (its handshake, one way
// up, one way down), made once and then picked from.
//
// The model's jitter is a multiple of the path's deviation, so one table of draws at deviation 1
// serves all paths; only the cap of a single draw (2 s, one in many thousands) is left out. Picking
// costs a look-up, where drawing costs three exponentials, logarithms and cosines.
//
// Thread: immutable, any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrella::sim {

class JitterTable {
 public:
  static constexpr int kBits = 16;  // 65,536 draws: 2,000 with a spike

  // `round_trips` of the handshake.
  JitterTable(uint64_t seed, int round_trips);
  // `bits` has kBits random bits at its low end.
  double PickMs(uint64_t bits, double deviation_ms) const {
    return deviation_ms * static_cast<double>(draws_[bits & ((1 << kBits) - 1)]);
  }

 private:
  std::vector<float> draws_;  // ms, at a deviation of 1 ms
};

}  // namespace terrella::sim
