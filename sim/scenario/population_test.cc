#include "sim/scenario/population.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace terrella::sim {
namespace {

Scenario TwoCities() {
  Scenario s;
  s.seed = 301;
  s.clients.rate_per_s = 1000;
  s.clients.cities = {{1, 3.0}, {2, 1.0}};
  s.clients.steering = {Steering::kDns, Steering::kAnycast};
  s.requests = {{.path = "/a", .weight = 9}, {.path = "/b", .weight = 1}};
  return s;
}

TEST(Population, TheSameSeedMakesTheSameRequests) {
  Scenario s = TwoCities();
  Population a(s), b(s);
  for (int i = 0; i < 1000; ++i) {
    Arrival x = a.Next(), y = b.Next();
    EXPECT_EQ(x.due, y.due);
    EXPECT_EQ(x.city, y.city);
    EXPECT_EQ(x.client, y.client);
  }
  s.seed = 302;
  EXPECT_NE(Population(s).Next().due, Population(TwoCities()).Next().due);
}

TEST(WeightedChoice, DrawsWhatASearchOfTheSumsWould) {
  CounterRandom weights_of(5);
  std::vector<double> weights, sums;
  for (int i = 0; i < 5'000; ++i) {
    weights.push_back(std::exp(8 * weights_of.Uniform()));
    sums.push_back((sums.empty() ? 0 : sums.back()) + weights.back());
  }
  const WeightedChoice choice(weights);
  CounterRandom a(6), b(6);
  for (int i = 0; i < 100'000; ++i) {
    const auto found = std::upper_bound(sums.begin(), sums.end(), b.Uniform() * sums.back());
    ASSERT_EQ(choice.Draw(a), static_cast<size_t>(found - sums.begin()));
  }
}

TEST(Population, KeepsTheRateAndTheWeights) {
  Scenario s = TwoCities();
  Population population(s);
  std::map<net::CityId, int> cities;
  std::map<size_t, int> requests;
  std::map<Steering, int> steering;
  constexpr int kArrivals = 20'000;
  Arrival last;
  for (int i = 0; i < kArrivals; ++i) {
    Arrival next = population.Next();
    EXPECT_GE(next.due, last.due);
    last = next;
    ++cities[last.city];
    ++requests[last.request];
    ++steering[last.steering];
  }
  EXPECT_NEAR(ToMs(last.due) / 1000, kArrivals / 1000.0, 0.6);  // 4 sigma
  EXPECT_NEAR(cities[1], kArrivals * 0.75, 250);
  EXPECT_NEAR(requests[1], kArrivals * 0.1, 170);
  EXPECT_NEAR(steering[Steering::kDns], kArrivals * 0.5, 290);
}

TEST(WeightedChoice, NeverDrawsBeyondTheEnd) {
  WeightedChoice one({5.0});
  CounterRandom random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.Draw(random), 0u);
}

}  // namespace
}  // namespace terrella::sim
