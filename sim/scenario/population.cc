#include "sim/scenario/population.h"

#include <algorithm>

#include "base/check.h"

namespace terrella::sim {
namespace {

// Names of the random streams, so that drawing more of one never shifts another.
enum Stream : uint64_t { kGaps = 1, kWho = 2 };
constexpr size_t kGuides = 4096;

template <class T>
std::vector<double> WeightsOf(const std::vector<T>& items) {
  std::vector<double> out;
  for (const T& item : items) out.push_back(item.weight);
  return out;
}

}  // namespace

WeightedChoice::WeightedChoice(std::vector<double> weights) : sums_(std::move(weights)) {
  CHECK(!sums_.empty());
  for (size_t i = 1; i < sums_.size(); ++i) sums_[i] += sums_[i - 1];
  CHECK(sums_.back() > 0);
  uint32_t index = 0;
  for (size_t guide = 0; guide < kGuides; ++guide) {
    const double at = static_cast<double>(guide) / kGuides * sums_.back();
    while (index + 1 < sums_.size() && sums_[index] <= at) ++index;
    first_.push_back(index);
  }
}

size_t WeightedChoice::Draw(CounterRandom& random) const {
  const double share = random.Uniform();
  const double at = share * sums_.back();
  size_t index = first_[static_cast<size_t>(share * kGuides)];
  while (index < sums_.size() && sums_[index] <= at) ++index;
  return std::min(index, sums_.size() - 1);
}

Population::Population(const Scenario& scenario)
    : scenario_(scenario),
      gaps_(scenario.seed, kGaps),
      cities_(WeightsOf(scenario.clients.cities)),
      requests_(WeightsOf(scenario.requests)) {}

Arrival Population::Next() {
  due_ += FromMs(gaps_.Exponential(1000.0 / scenario_.clients.rate_per_s));
  CounterRandom random(scenario_.seed, kWho, number_);
  Arrival out{.number = number_++, .due = due_};
  out.city = scenario_.clients.cities[cities_.Draw(random)].city;
  out.request = requests_.Draw(random);
  out.steering = scenario_.clients.steering[random.Below(scenario_.clients.steering.size())];
  out.client = static_cast<uint32_t>(random.Below(kClientsPerCity));
  return out;
}

}  // namespace terrella::sim
