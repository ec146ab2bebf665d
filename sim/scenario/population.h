// Population: who asks next, for what, when: a Poisson process over weighted cities and requests.
//
// Pure: arrival number n of a seed is always the same, so two runs of a scenario make the same
// requests at the same moments.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

constexpr uint32_t kClientsPerCity = 254;

// Draws an index with probability proportional to its weight: the sum that is above a uniform draw,
// looked for from where its share of all begins.
class WeightedChoice {
 public:
  explicit WeightedChoice(std::vector<double> weights);  // at least one, all > 0
  size_t Draw(CounterRandom& random) const;

 private:
  std::vector<double> sums_;
  std::vector<uint32_t> first_;  // by the draw's share of all, in kGuides steps: no index before it
};

struct Arrival {
  uint64_t number = 0;
  Duration due{};  // since the start
  net::CityId city = 0;
  size_t request = 0;  // index into Scenario::requests
  Steering steering = Steering::kDns;
  uint32_t client = 0;  // which of the city's people
};

class Population {
 public:
  explicit Population(const Scenario& scenario);
  // The next arrival; its `due` grows without bound.
  Arrival Next();

 private:
  const Scenario& scenario_;
  CounterRandom gaps_;
  WeightedChoice cities_;
  WeightedChoice requests_;
  uint64_t number_ = 0;
  Duration due_{};
};

}  // namespace terrella::sim
