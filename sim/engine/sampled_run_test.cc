// Goal: a sampled run tells of people what a run by events does, wherever requests do not meet.
#include "sim/engine/sampled_run.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/engine/engine.h"
#include "sim/ingress/test_world.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using Action = TimelineEvent::Action;

class SampledRunTest : public testing::Test {
 protected:
  SampledRunTest() {
    scenario_.duration = 20s;
    scenario_.clients.rate_per_s = 10'000;
    scenario_.clients.steering = {Steering::kDns, Steering::kAnycast};
    scenario_.requests = {{.host = "hello.edge.test"}};
    double weight = 1;
    for (const char* name : {"Frankfurt", "Lagos", "Tokyo", "Berlin"}) {
      scenario_.clients.cities.push_back({TestWorld().places->Find(name)->city, weight++});
    }
    options_.services = {
        {{.service_ms = {0.3F, 0.5F, 0.9F}, .cpu_ms = 0.001F, .response_bytes = 200}}};
    for (const char* code : {"NRT", "FRA", "JNB"}) {
      options_.pops.push_back(*TestWorld().places->pops().Find(code));
    }
    options_.threads = 1;
  }
  Results Sampled() {
    auto results = SampleVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_);
    CHECK(results.ok());
    return *std::move(results);
  }
  Results ByEvents() {
    auto results = RunVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_);
    CHECK(results.ok());
    return *std::move(results);
  }
  // Every city by both: counts within five deviations of chance, quantiles within `percent`.
  void ExpectAgreement(double percent) {
    const Results sampled = Sampled(), events = ByEvents();
    const auto ours = sampled.ByCity(), theirs = events.ByCity();
    ASSERT_EQ(ours.size(), theirs.size());
    for (const auto& [city, summary] : ours) {
      const Summary& other = theirs.at(city);
      const auto near = [&](uint64_t a, uint64_t b, const char* what) {
        const double sum = static_cast<double>(a + b);
        EXPECT_LE(std::abs(static_cast<double>(a) - static_cast<double>(b)), 5 * std::sqrt(sum) + 1)
            << what << " in city " << city << ": " << a << " and " << b;
      };
      near(summary.requests, other.requests, "requests");
      near(summary.errors, other.errors, "errors");
      // Not the median: half find their node by DNS and wait for it, so it lies between two hills.
      for (const double q : {0.1, 0.4, 0.6, 0.95, 0.99}) {
        const double a_ms = QuantileMs(summary.felt_us, q), b_ms = QuantileMs(other.felt_us, q);
        EXPECT_NEAR(a_ms / b_ms, 1, (q > 0.9 ? 2 : 1) * percent / 100)
            << "quantile " << q << " of city " << city;
      }
      EXPECT_EQ(summary.pops.size(), other.pops.size());
    }
  }

  Scenario scenario_;
  EngineOptions options_;
};

TEST_F(SampledRunTest, AgreesWithARunByEvents) {
  ExpectAgreement(2);
}

TEST_F(SampledRunTest, AgreesOnLossyPathsAndLongAnswers) {
  scenario_.network.wish = *net::ParsePathWish("access=mix;loss=2%/3;hour=20");
  options_.services[0][0].response_bytes = 60'000;
  scenario_.duration = 10s;
  ExpectAgreement(8);
}

TEST_F(SampledRunTest, AgreesWhenANodeDiesAndComesBack) {
  scenario_.timeline = {{.at = 5s, .action = Action::kKill, .target = "FRA"},
                        {.at = 13s, .action = Action::kStart, .target = "FRA"}};
  ExpectAgreement(3);
}

TEST_F(SampledRunTest, CountsWithoutKeeping) {
  const Results results = Sampled();
  EXPECT_TRUE(results.samples().empty());
  EXPECT_NEAR(results.Value(Metric::kRequests, ""), 200'000, 2'500);
  EXPECT_EQ(results.Value(Metric::kErrors, ""), 0);
  // By weight: Lagos has 2 of 10.
  EXPECT_NEAR(results.Value(Metric::kRequests, "Lagos"), 40'000, 1'000);
}

TEST_F(SampledRunTest, TheNumberOfThreadsChangesNothing) {
  scenario_.timeline = {{.at = 5s, .action = Action::kKill, .target = "FRA"}};
  const Results one = Sampled();
  options_.threads = 3;
  const Results three = Sampled();
  const auto a = one.ByCity(), b = three.ByCity();
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [city, summary] : a) {
    EXPECT_EQ(summary.requests, b.at(city).requests);
    EXPECT_EQ(summary.errors, b.at(city).errors);
    EXPECT_EQ(summary.felt_us.buckets(), b.at(city).felt_us.buckets());
  }
}

// Curves, hours, kinds of request, steering, accesses and resolvers of their own.
TEST_F(SampledRunTest, AgreesOnPopulations) {
  const std::vector<ClientCity> cities = scenario_.clients.cities;
  scenario_.requests = {{.host = "a.edge.test"}, {.host = "b.edge.test", .weight = 3}};
  options_.services[0].push_back({.service_ms = {40.0F}, .cpu_ms = 0.001F, .response_bytes = 9000});
  scenario_.day.length = 20s;
  scenario_.populations = {{.name = "offices",
                            .weight = 2,
                            .cities = {cities[0], cities[1]},
                            .steering = {Steering::kAnycast},
                            .requests = {1},
                            .rate = {{2s, 0}, {10s, 3}, {15s, 0.5}}},
                           {.name = "telephones",
                            .cities = {cities[2], cities[3]},
                            .steering = {Steering::kDns, Steering::kAnycast},
                            .diurnal = true,
                            .resolver = TestWorld().places->Find("Singapore")->city,
                            .wish = *net::ParsePathWish("access=4g")}};
  ExpectAgreement(3);
  EXPECT_NEAR(Sampled().Value(Metric::kRequests, ""),
              ExpectedRequests(scenario_, *TestWorld().places), 2'500);
}

TEST_F(SampledRunTest, AgreesOnCutsLossesAndSilentResolvers) {
  scenario_.timeline = {
      {.at = 4s,
       .action = Action::kCut,
       .target = "AF-EU",
       .lasts = 6s,
       .fault = {.a = "AF", .b = "EU", .loss = {}}},
      {.at = 8s,
       .action = Action::kLoss,
       .target = "DE-DE",
       .lasts = 6s,
       .fault = {.a = "DE", .b = "DE", .loss = net::LossRates{.share = 0.05, .burst = 1}}},
      {.at = 12s, .action = Action::kResolverOutage, .target = "JP", .lasts = 4s}};
  ExpectAgreement(6);
}

TEST_F(SampledRunTest, AssertionsOfGroupsAreToldAndOthersHaveNoValue) {
  scenario_.populations = {{.name = "a",
                            .cities = {scenario_.clients.cities[1]},
                            .steering = {Steering::kDns, Steering::kAnycast}}};
  const Results results = Sampled();
  const auto value = [&](const char* text) {
    return results.Value(*ParseAssertion(text), scenario_);
  };
  EXPECT_NEAR(value("requests.population:a & dns > 0"), 100'000, 2'000);
  EXPECT_EQ(value("requests.DE & dns > 0"), 0);
  EXPECT_TRUE(std::isnan(value("requests.pop:FRA > 0")));
  EXPECT_TRUE(std::isnan(value("requests@start > 0")));
}

TEST_F(SampledRunTest, RefusesSessions) {
  scenario_.populations = {{.name = "readers",
                            .cities = scenario_.clients.cities,
                            .steering = {Steering::kDns},
                            .sessions = Sessions{.pages_mean = 3, .think_mean = 1s}}};
  const auto refused =
      SampleVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(refused.message().find("readers can have no sessions"), std::string::npos) << refused;
}

TEST_F(SampledRunTest, RefusesKeptConnections) {
  scenario_.clients.keep_alive = true;
  EXPECT_EQ(
      SampleVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_).status().code(),
      absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace terrella::sim
