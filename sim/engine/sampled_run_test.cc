// Goal: a sampled run tells of people what a run by events does, wherever requests do not meet.
#include "sim/engine/sampled_run.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/engine/engine.h"
#include "sim/ingress/test_world.h"

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

TEST_F(SampledRunTest, RefusesKeptConnections) {
  scenario_.clients.keep_alive = true;
  EXPECT_EQ(
      SampleVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_).status().code(),
      absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace terrella::sim
