// The rate limiter against a clock of the test's own.
#include "dns_router/server/rate_limiter.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace terrella::dns {
namespace {

using Verdict = RateLimiter::Verdict;
const IpAddress kClient = IpAddress::V4(0x0a010203);

// How many of `asked` answers, spread evenly over `span_us` from `start_us`, are sent.
int Sent(RateLimiter& limiter, int asked, uint64_t start_us, uint64_t span_us,
         const IpAddress& client = kClient, AnswerKind kind = AnswerKind::kPositive,
         std::string_view name = "name") {
  int sent = 0;
  for (int i = 0; i < asked; ++i) {
    const uint64_t now_us =
        start_us + span_us * static_cast<uint64_t>(i) / static_cast<uint64_t>(asked);
    sent += limiter.Take(client, kind, name, now_us) == Verdict::kSend;
  }
  return sent;
}

TEST(RateLimiter, GivesASecondsWorthAtOnceAndThenTheRate) {
  for (const uint32_t rate : {1u, 10u, 1000u}) {
    Statistics statistics;
    RateLimiter limiter({.answers_per_s = rate}, statistics);
    const int n = static_cast<int>(rate);
    EXPECT_EQ(Sent(limiter, 3 * n, 5'000'000, 0), n) << "a burst";
    EXPECT_NEAR(Sent(limiter, 20 * n, 5'000'000, 10'000'000), 10 * n, 1) << "twice the rate";
    EXPECT_EQ(Sent(limiter, n, 30'000'000, 999'999), n) << "the rate itself is never over";
  }
}

TEST(RateLimiter, SlipsEverySoManyth) {
  for (const uint32_t slip : {0u, 1u, 2u, 5u}) {
    Statistics statistics;
    RateLimiter limiter({.answers_per_s = 1, .slip = slip}, statistics);
    Sent(limiter, 101, 1'000'000, 0);
    EXPECT_EQ(statistics.rate_slipped.load(), slip == 0 ? 0 : 100 / slip);
    EXPECT_EQ(statistics.rate_slipped + statistics.rate_dropped, 100u);
  }
}

TEST(RateLimiter, CountsPrefixesKindsAndNamesApart) {
  struct Row {
    const char* what;
    const char* client;
    AnswerKind kind;
    const char* name;
    bool same;  // as 10.1.2.3, positive, "name", which is used up
  } const rows[] = {
      {"another address of the /24", "10.1.2.200", AnswerKind::kPositive, "name", true},
      {"the next /24", "10.1.3.3", AnswerKind::kPositive, "name", false},
      {"another name", "10.1.2.3", AnswerKind::kPositive, "a longer name of 23 by.", false},
      {"another kind", "10.1.2.3", AnswerKind::kNxDomain, "name", false},
      {"the same bits in IPv6", "a01:200::", AnswerKind::kPositive, "name", false},
  };
  Statistics statistics;
  RateLimiter limiter({.answers_per_s = 5}, statistics);
  ASSERT_EQ(Sent(limiter, 9, 1'000'000, 0), 5);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(Sent(limiter, 9, 1'000'000, 0, *IpAddress::Parse(row.client), row.kind, row.name),
              row.same ? 0 : 5);
  }
  const auto v6 = [&](std::string_view client) {
    return Sent(limiter, 9, 1'000'000, 0, *IpAddress::Parse(client), AnswerKind::kError, "");
  };
  EXPECT_EQ(v6("2001:db8:0:100::1"), 5);
  EXPECT_EQ(v6("2001:db8:0:1ff::1"), 0) << "the same /56";
  EXPECT_EQ(v6("2001:db8:0:200::1"), 5);
}

TEST(RateLimiter, ForgetsWhoWasDueFirstWhenItIsFull) {
  Statistics statistics;
  RateLimiter limiter({.answers_per_s = 2, .buckets = 8}, statistics);
  ASSERT_EQ(Sent(limiter, 9, 1'000'000, 0), 2);
  // Many strangers with one answer each push out each other, not the bucket that is over its limit.
  for (uint32_t i = 0; i < 1000; ++i) {
    Sent(limiter, 1, 1'000'000, 0, IpAddress::V4(0x14000000 + (i << 8)));
  }
  EXPECT_EQ(Sent(limiter, 9, 1'000'000, 0), 0);
}

TEST(RateLimiter, LivesThroughTheWrapOfItsClock) {
  Statistics statistics;
  RateLimiter limiter({.answers_per_s = 10}, statistics);
  const uint64_t wrap_us = uint64_t{1} << 40;
  EXPECT_EQ(Sent(limiter, 30, wrap_us - 500'000, 0), 10);
  EXPECT_EQ(Sent(limiter, 30, wrap_us + 100'000, 0), 6) << "six tenths of a second later";
  EXPECT_EQ(Sent(limiter, 30, 2 * wrap_us - 5'000'000, 0), 10) << "twelve days later";
}

}  // namespace
}  // namespace terrella::dns
