#include "edge_node/limits/rate_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace terrella::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SetClock final : public Clock {
 public:
  MonotonicTime Now() const override { return now; }
  WallTime WallNow() const override { return {}; }
  MonotonicTime now{seconds(1000)};
};

class RateLimiterTest : public ::testing::Test {
 protected:
  // How many of `calls` pass at this moment.
  int Pass(int calls, std::string_view key = "k", const RateRule& rule = {"ns", 10, seconds(10)}) {
    int passed = 0;
    for (int i = 0; i < calls; ++i) passed += limiter_.Take(rule, key) ? 1 : 0;
    return passed;
  }
  SetClock clock_;
  RateLimiter limiter_{clock_, /*keys_max=*/100};
};

TEST_F(RateLimiterTest, PassesTheLimitAndNoMore) {
  EXPECT_EQ(Pass(25), 10);
  EXPECT_EQ(Pass(5), 0);
}

TEST_F(RateLimiterTest, AKeyKnowsNothingOfAnother) {
  EXPECT_EQ(Pass(20, "a"), 10);
  EXPECT_EQ(Pass(20, "b"), 10);
  EXPECT_EQ(Pass(20, "a", {"other", 10, seconds(10)}), 10);
  EXPECT_EQ(Pass(20, "a", {"ns", 10, seconds(60)}), 10);
  EXPECT_EQ(Pass(3, ""), 3);
}

TEST_F(RateLimiterTest, ABurstAtTheSeamDoesNotPassTwice) {
  clock_.now += milliseconds(9900);  // just before a period of the clock ends
  EXPECT_EQ(Pass(20), 10);
  clock_.now += milliseconds(200);  // just after
  EXPECT_EQ(Pass(20), 0);
  clock_.now += milliseconds(4900);  // half of it has left the window
  EXPECT_EQ(Pass(20), 5);
}

TEST_F(RateLimiterTest, AfterAPeriodOfSilenceAllIsForgiven) {
  EXPECT_EQ(Pass(20), 10);
  clock_.now += seconds(20);
  EXPECT_EQ(Pass(20), 10);
}

TEST_F(RateLimiterTest, InAnyPeriodNoMoreThanTheLimitAndABit) {
  // A call every 0.1 s for a minute: about one a second passes, whichever 10 s one looks at.
  std::vector<MonotonicTime> passed;
  for (int i = 0; i < 600; ++i, clock_.now += milliseconds(100)) {
    if (Pass(1) == 1) passed.push_back(clock_.now);
  }
  for (size_t i = 0; i + 12 < passed.size(); ++i) EXPECT_GE(passed[i + 12] - passed[i], seconds(9));
  EXPECT_GE(passed.size(), 50u);
}

TEST_F(RateLimiterTest, AFloodOfKeysCostsNoMemoryAndFreesNobodyWhoIsThere) {
  EXPECT_EQ(Pass(20, "busy"), 10);
  for (int i = 0; i < 10'000; ++i) {
    limiter_.Take({"ns", 10, seconds(10)}, std::to_string(i));
    if (i % 50 == 0) {
      EXPECT_EQ(Pass(1, "busy"), 0) << i;
    }
  }
  EXPECT_LE(limiter_.keys(), 100u);
}

TEST_F(RateLimiterTest, ThreadsShareOneCount) {
  std::atomic<int> passed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) passed += limiter_.Take({"ns", 100, seconds(10)}, "k") ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 100);
}

}  // namespace
}  // namespace terrella::edge
