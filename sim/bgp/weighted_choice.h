// Drawing one of many by weight, by bisection of the weights' running sum.
//
// Thread: immutable but for Add, any.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace terrella::bgp {

// Numbers with weights, to which more can be added.
class GrowingChoice {
 public:
  void Add(uint32_t value, double weight) {
    sums_.push_back((sums_.empty() ? 0 : sums_.back()) + weight);
    values_.push_back(value);
  }
  bool empty() const { return values_.empty(); }
  // Not empty, and the weights' sum is > 0.
  uint32_t Draw(CounterRandom& random) const {
    DCHECK(!values_.empty());
    const double at = random.Uniform() * sums_.back();
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), at);
    return values_[std::min(static_cast<size_t>(found - sums_.begin()), values_.size() - 1)];
  }
  // Each as likely as the other.
  uint32_t DrawEvenly(CounterRandom& random) const { return values_[random.Below(values_.size())]; }

 private:
  std::vector<double> sums_;
  std::vector<uint32_t> values_;
};

// The indices of a list of weights.
class WeightedChoice {
 public:
  explicit WeightedChoice(std::span<const double> weights) {
    for (uint32_t i = 0; i < weights.size(); ++i) choice_.Add(i, weights[i]);
  }
  uint32_t Draw(CounterRandom& random) const { return choice_.Draw(random); }

 private:
  GrowingChoice choice_;
};

}  // namespace terrella::bgp
