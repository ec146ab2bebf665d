// Population: who asks next, for what, when: a Poisson process over weighted cities and requests.
//
// Where the rate changes (a curve, the hour of day), candidates come at the highest rate there can
// be and as many are left out as must be (Lewis and Shedler 1979). A session's later pages wait in
// a heap until they are due: they come after pauses, whatever the answers did. Nobody is in the
// middle of a session when a run begins.
//
// Pure: arrival number n of a seed is always the same, so two runs of a scenario make the same
// requests at the same moments.
#pragma once

#include <cstdint>
#include <memory>
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
  explicit WeightedChoice(std::vector<double> weights);  // at least one, one of them > 0
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
  uint32_t client = 0;      // which of the city's people
  uint16_t population = 0;  // index into Scenario::populations
};

// How much people ask at a local hour, [0, 24), beside the most they do: a day with its trough at 4
// and its peak at 21. An assumption: traffic of providers looks like this, and no table of it by
// country was found.
double DiurnalFactor(double local_hour);
// How much they ask at a time beside their usual rate, at a place of this longitude; never more
// than at their peak.
double RateFactor(const Day& day, const People& people, double longitude_deg, Duration at);
double PeakFactor(const People& people);
// The weights of the kinds of request that they ask for, one for each of the scenario's; 0: they do
// not.
std::vector<double> KindWeights(const Scenario& scenario, const People& people);
// How many requests a run has, in the mean of all seeds; of each kind of request.
double ExpectedRequests(const Scenario& scenario, const net::Places& places);
std::vector<double> ExpectedByKind(const Scenario& scenario, const net::Places& places);

class Population {
 public:
  // `places` tells the local hour; scenario and places outlive it.
  Population(const Scenario& scenario, const net::Places& places);
  ~Population();
  Population(Population&&) noexcept;
  // The next arrival; its `due` grows without bound, and is Duration::max() after a trace's end.
  Arrival Next();

 private:
  class Varied;
  Arrival Replay();
  const Scenario& scenario_;
  CounterRandom gaps_;
  WeightedChoice cities_;
  WeightedChoice requests_;
  uint64_t number_ = 0;
  Duration due_{};
  std::unique_ptr<Varied> varied_;  // of a scenario with populations
};

}  // namespace terrella::sim
