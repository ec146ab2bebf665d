#include "sim/scenario/results.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class ResultsTest : public testing::Test {
 protected:
  net::CityId City(std::string_view name) { return places_->Find(name)->city; }
  void Answer(std::string_view city, Duration due, Duration felt, std::string_view pop,
              Steering steering = Steering::kDns) {
    results_.Add({.due = due,
                  .felt = felt,
                  .city = City(city),
                  .pop = results_.PopIndex(pop),
                  .version = 0,
                  .status = 200,
                  .steering = steering});
  }
  void Fail(std::string_view city, Duration due, Steering steering = Steering::kDns,
            Failure failure = Failure::kConnect) {
    results_.Add({.due = due, .city = City(city), .steering = steering, .failure = failure});
  }

  std::shared_ptr<const net::Places> places_ = TestWorld();
  Results results_{places_};
};

TEST_F(ResultsTest, SelectorsMeanCitiesCountriesContinentsAndSteering) {
  Answer("Lagos", 1s, 100ms, "LOS");
  Answer("Berlin", 1s, 20ms, "FRA");
  Answer("Munich", 2s, 40ms, "FRA", Steering::kAnycast);
  EXPECT_EQ(results_.Value(Metric::kRequests, ""), 3);
  EXPECT_EQ(results_.Value(Metric::kRequests, "Lagos"), 1);
  EXPECT_EQ(results_.Value(Metric::kRequests, "DE"), 2);
  EXPECT_EQ(results_.Value(Metric::kRequests, "EU"), 2);
  EXPECT_EQ(results_.Value(Metric::kRequests, "anycast"), 1);
  EXPECT_EQ(results_.Value(Metric::kPops, ""), 2);
  EXPECT_NEAR(results_.Value(Metric::kP50Ms, "Lagos"), 100, 2);
}

TEST_F(ResultsTest, CachesAreCountedOfGoodAnswersByRegionAndByPop) {
  const auto add = [&](std::string_view city, std::string_view pop, CacheUse use, int times = 1,
                       Failure failure = Failure::kNone) {
    for (int i = 0; i < times; ++i) {
      results_.Add({.due = 1s,
                    .felt = 20ms,
                    .city = City(city),
                    .pop = results_.PopIndex(pop),
                    .failure = failure,
                    .cache = use});
    }
  };
  add("Berlin", "FRA", CacheUse::kHit, 5);
  add("Berlin", "FRA", CacheUse::kMiss, 3);
  add("Munich", "FRA", CacheUse::kUpdating);
  add("Lagos", "LOS", CacheUse::kStale);
  add("Lagos", "LOS", CacheUse::kCoalesced, 3);
  add("Lagos", "LOS", CacheUse::kMiss, 7, Failure::kStatus);
  add("Accra", "LOS", CacheUse::kNone);
  EXPECT_EQ(results_.Value(Metric::kHitShare, "DE"), 6.0 / 9);
  EXPECT_EQ(results_.Value(Metric::kStaleShare, "DE"), 1.0 / 9);
  EXPECT_EQ(results_.Value(Metric::kCacheMisses, "DE"), 3);
  EXPECT_EQ(results_.Value(Metric::kHitShare, "Lagos"), 3.0 / 4) << "errors do not count";
  EXPECT_EQ(results_.Value(Metric::kHitShare, ""), 9.0 / 13);
  EXPECT_TRUE(std::isnan(results_.Value(Metric::kHitShare, "Accra"))) << "no cache was asked";
  EXPECT_EQ(results_.Value(*ParseAssertion("hit_share.pop:LOS > 50%"), Scenario()), 3.0 / 4);
  ASSERT_EQ(results_.cache_by_pop().size(), 3u);
  EXPECT_EQ(results_.cache_by_pop()[1].Of(CacheUse::kHit), 5u);
  EXPECT_EQ(results_.cache_by_pop()[2].asked(), 4u);
}

TEST_F(ResultsTest, FailedRequestsAreErrorsAndHaveNoFeltTime) {
  Answer("Lagos", 1s, 100ms, "LOS");
  Fail("Lagos", 2s);
  Fail("Lagos", 3s, Steering::kDns, Failure::kMixed);
  EXPECT_EQ(results_.Value(Metric::kErrorCount, "Lagos"), 2);
  EXPECT_NEAR(results_.Value(Metric::kErrors, ""), 2.0 / 3, 1e-9);
  EXPECT_EQ(results_.Value(Metric::kMixedVersions, ""), 1);
  EXPECT_NEAR(results_.Value(Metric::kMaxMs, ""), 100, 2);
  EXPECT_TRUE(std::isnan(results_.Value(Metric::kP50Ms, "Berlin")));
}

TEST_F(ResultsTest, FailoverLastsUntilTheLastFailedRequestOfFormerClients) {
  for (Steering steering : {Steering::kDns, Steering::kAnycast}) {
    Answer("Berlin", 1s, 20ms, "FRA", steering);
    Answer("Lagos", 1s, 90ms, "LOS", steering);
  }
  results_.AddEvent({.at = 10s, .action = "kill FRA", .target = "FRA"});
  Fail("Berlin", 10500ms);
  Fail("Berlin", 14s);
  Fail("Lagos", 19s);  // not a former client of FRA
  Answer("Berlin", 15s, 30ms, "AMS");
  Fail("Berlin", 10200ms, Steering::kAnycast);
  Answer("Berlin", 11s, 30ms, "AMS", Steering::kAnycast);
  auto failovers = results_.Failovers();
  ASSERT_EQ(failovers.size(), 2u);
  EXPECT_EQ(failovers[0].errors, 2u);
  EXPECT_NEAR(failovers[0].failover_ms, 4000, 1e-6);
  EXPECT_EQ(failovers[0].moved, 1u);
  EXPECT_NEAR(results_.Value(Metric::kFailoverMs, "anycast"), 200, 1e-6);
  EXPECT_NEAR(results_.Value(Metric::kFailoverMs, ""), 4000, 1e-6);
}

TEST_F(ResultsTest, WhatTheNextEventDoesIsNotThisOnes) {
  Answer("Berlin", 1s, 20ms, "FRA");
  Answer("Lagos", 1s, 20ms, "FRA");
  results_.AddEvent({.at = 10s, .action = "kill FRA", .target = "FRA"});
  Fail("Berlin", 11s);
  Answer("Berlin", 13s, 30ms, "AMS");
  Fail("Lagos", 12s);
  Answer("Lagos", 14s, 90ms, "LHR");
  results_.AddEvent({.at = 20s, .action = "kill AMS", .target = "AMS"});
  Fail("Berlin", 24s);  // of AMS, which had taken it over
  Fail("Lagos", 21s);   // AMS never had it
  Answer("Berlin", 26s, 40ms, "LHR");
  results_.AddEvent({.at = 30s, .action = "start FRA", .target = "FRA"});
  Answer("Berlin", 31s, 20ms, "FRA");
  results_.AddEvent({.at = 40s, .action = "kill FRA", .target = "FRA"});
  Fail("Berlin", 43s);
  const auto failovers = results_.Failovers();
  ASSERT_EQ(failovers.size(), 3u);
  EXPECT_NEAR(failovers[0].failover_ms, 11'000, 1e-6);
  EXPECT_EQ(failovers[0].errors, 3u);
  EXPECT_EQ(failovers[0].moved, 2u) << "the answers of AMS and of LHR before it was gone";
  EXPECT_NEAR(failovers[1].failover_ms, 4000, 1e-6);
  EXPECT_EQ(failovers[1].errors, 1u);
  EXPECT_NEAR(failovers[2].failover_ms, 3000, 1e-6);
}

// 500 losses of 20,000 requests: five billion steps if each loss looked at all for each request.
TEST_F(ResultsTest, ManyLossesEndAtTheNextOfThePopThatTookOver) {
  constexpr int kLosses = 500;
  for (int i = kLosses - 1; i >= 0; --i) {  // not in the order of time
    const char* pop = i % 2 == 0 ? "FRA" : "AMS";
    results_.AddEvent(
        {.at = (10 + 10 * i) * 1s, .action = fmt::format("kill {}", pop), .target = pop});
  }
  for (int i = -1; i < kLosses; ++i) {
    const Duration since = (10 + 10 * i) * 1s;
    for (int n = 1; n <= 40; ++n) {
      Answer("Berlin", since + 5s + n * 100ms, 20ms, i % 2 == 0 ? "AMS" : "FRA");
    }
    if (i >= 0) Fail("Berlin", since + 2s);
  }
  const auto failovers = results_.Failovers();
  ASSERT_EQ(failovers.size(), size_t{kLosses});
  for (const Failover& failover : failovers) {
    EXPECT_EQ(failover.errors, 1u);
    EXPECT_NEAR(failover.failover_ms, 2000, 1e-6);
    EXPECT_EQ(failover.moved, 40u);
  }
}

TEST_F(ResultsTest, WithoutAnEventThereIsNoFailoverTime) {
  Answer("Berlin", 1s, 20ms, "FRA");
  EXPECT_TRUE(std::isnan(results_.Value(Metric::kFailoverMs, "")));
}

}  // namespace
}  // namespace terrella::sim
