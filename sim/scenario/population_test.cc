#include "sim/scenario/population.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/scenario/test_world.h"

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
  Population a(s, *TestWorld()), b(s, *TestWorld());
  for (int i = 0; i < 1000; ++i) {
    Arrival x = a.Next(), y = b.Next();
    EXPECT_EQ(x.due, y.due);
    EXPECT_EQ(x.city, y.city);
    EXPECT_EQ(x.client, y.client);
  }
  s.seed = 302;
  EXPECT_NE(Population(s, *TestWorld()).Next().due,
            Population(TwoCities(), *TestWorld()).Next().due);
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
  Population population(s, *TestWorld());
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

Scenario OnePopulation() {
  Scenario s = TwoCities();
  s.duration = std::chrono::seconds(10);
  s.populations = {
      {.name = "p", .cities = s.clients.cities, .steering = {Steering::kDns}, .requests = {0}}};
  return s;
}

std::vector<Arrival> AllOf(const Scenario& s) {
  std::vector<Arrival> out;
  Population population(s, *TestWorld());
  for (Arrival next = population.Next(); next.due < s.duration; next = population.Next()) {
    EXPECT_EQ(next.number, out.size());
    EXPECT_TRUE(out.empty() || next.due >= out.back().due);
    out.push_back(next);
  }
  return out;
}

TEST(Population, FollowsACurve) {
  using std::chrono::seconds;
  Scenario s = OnePopulation();
  s.populations[0].rate = {{seconds(4), 1}, {seconds(6), 5}, {seconds(6), 0}};
  std::vector<int> by_second(10);
  for (const Arrival& arrival : AllOf(s)) {
    ++by_second[static_cast<size_t>(arrival.due / seconds(1))];
    EXPECT_EQ(arrival.request, 0u) << "the other request is not for them";
  }
  EXPECT_NEAR(by_second[0], 1000, 130);  // 4 sigma
  EXPECT_NEAR(by_second[4], 2000, 180);
  EXPECT_NEAR(by_second[5], 4000, 260);
  EXPECT_EQ(by_second[6], 0);
  EXPECT_NEAR(ExpectedRequests(s, *TestWorld()), 10'000, 100);
}

TEST(Population, SharesTheRateByWeight) {
  Scenario s = OnePopulation();
  s.populations.push_back(s.populations[0]);
  s.populations[0].cities = {{1, 1}};
  s.populations[1].cities = {{2, 1}};
  s.populations[1].weight = 4;
  int second = 0, all = 0;
  for (const Arrival& arrival : AllOf(s)) {
    ++all;
    second += arrival.population;
    EXPECT_EQ(arrival.city, arrival.population == 0 ? 1u : 2u);
  }
  EXPECT_NEAR(all, 10'000, 400);
  EXPECT_NEAR(second, 8'000, 360);
}

TEST(Population, PagesOfASessionAreOfOnePerson) {
  Scenario s = OnePopulation();
  s.clients.rate_per_s = 200;
  s.duration = std::chrono::seconds(100);
  s.populations[0].sessions = {.pages_mean = 4, .think_mean = std::chrono::milliseconds(500)};
  const std::vector<Arrival> all = AllOf(s);
  EXPECT_NEAR(static_cast<double>(all.size()), 20'000, 1200) << "the rate counts pages";
  // Of two cities with 254 people each: with sessions, the same person is back soon far more often.
  std::map<std::pair<net::CityId, uint32_t>, Duration> last;
  int back = 0;
  for (const Arrival& arrival : all) {
    const auto [at, first] = last.emplace(std::pair(arrival.city, arrival.client), arrival.due);
    back += !first && arrival.due - at->second < std::chrono::seconds(1);
    at->second = arrival.due;
  }
  EXPECT_GT(back, 12'000);
}

TEST(Population, PeopleSleepByTheirLocalHour) {
  EXPECT_DOUBLE_EQ(DiurnalFactor(21), 1);
  EXPECT_DOUBLE_EQ(DiurnalFactor(4), 0.25);
  EXPECT_DOUBLE_EQ(DiurnalFactor(-3), 1);
  for (double hour = 0; hour < 24; hour += 0.1) {
    EXPECT_LT(std::abs(DiurnalFactor(hour + 0.1) - DiurnalFactor(hour)), 0.04);
  }
  Scenario s = OnePopulation();
  const net::CityId tokyo = TestWorld()->Find("Tokyo")->city;
  s.populations[0].cities = {{tokyo, 1}};
  s.populations[0].diurnal = true;
  s.day = {.length = std::chrono::seconds(10), .starts_hour_utc = 0};
  std::vector<int> by_hour(24);
  for (const Arrival& arrival : AllOf(s)) {
    ++by_hour[static_cast<size_t>(2.4 * ToMs(arrival.due) / 1000)];
  }
  // Tokyo is 9.3 hours ahead by the sun: its 21 is 12 in UTC.
  EXPECT_GT(by_hour[11] + by_hour[12], 2.5 * (by_hour[18] + by_hour[19]));
  EXPECT_NEAR(ExpectedRequests(s, *TestWorld()), static_cast<double>(AllOf(s).size()), 330);
}

TEST(WeightedChoice, NeverDrawsBeyondTheEnd) {
  WeightedChoice one({5.0});
  CounterRandom random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.Draw(random), 0u);
}

}  // namespace
}  // namespace terrella::sim
