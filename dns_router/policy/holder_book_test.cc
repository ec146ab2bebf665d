#include "dns_router/policy/holder_book.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace terrella::dns {
namespace {

TEST(HolderBookTest, AnswersCountUntilTheyRunOut) {
  HolderBook book;
  HolderCounts& one = book.AddThread();
  HolderCounts& two = book.AddThread();
  uint32_t now_s = 1'700'000'000;
  for (int i = 0; i < 60; ++i) (i % 2 == 0 ? one : two).Count(3, 5, now_s);
  now_s += 2;
  for (int i = 0; i < 40; ++i) one.Count(3, 5, now_s);
  one.Count(4, 5, now_s);
  const Holders all = book.Of(3, now_s);
  EXPECT_EQ(all.count, 100u);
  EXPECT_EQ(all.gone_50_s, 3);
  EXPECT_EQ(all.gone_99_s, 5);
  EXPECT_EQ(all.gone_all_s, 5);
  EXPECT_EQ(book.Of(3, now_s + 3).count, 40u);
  EXPECT_EQ(book.Of(3, now_s + 5).count, 0u);
  EXPECT_EQ(book.Of(5, now_s).count, 0u);
  EXPECT_EQ(book.Of(kNoHolderSlot, now_s).count, 0u);
}

TEST(HolderBookTest, WhatHasRunOutIsForgottenWhenItsBucketComesAround) {
  HolderBook book;
  HolderCounts& counts = book.AddThread();
  uint32_t now_s = 1'700'000'000;
  for (int i = 0; i < 1000; ++i) {
    counts.Count(0, 10, now_s);
    EXPECT_EQ(book.Of(0, now_s).count, static_cast<uint64_t>(std::min(i + 1, 10)));
    ++now_s;
  }
}

TEST(HolderBookTest, LongLivesAreCountedByTheMinute) {
  HolderBook book;
  HolderCounts& counts = book.AddThread();
  const uint32_t now_s = 1'700'000'000;
  counts.Count(0, 300, now_s);
  counts.Count(0, 86'400, now_s);
  EXPECT_EQ(book.Of(0, now_s).count, 2u);
  EXPECT_NEAR(book.Of(0, now_s).gone_50_s, 300, 64);
  EXPECT_NEAR(book.Of(0, now_s).gone_all_s, 64 * 63, 64);
  EXPECT_EQ(book.Of(0, now_s + 299).count, 2u) << "never gone too early";
  EXPECT_EQ(book.Of(0, now_s + 400).count, 1u);
}

// Caches that ask whenever what they hold has run out are counted once each, whatever their times.
TEST(HolderBookTest, CachesAreCountedOnceEach) {
  HolderBook book;
  HolderCounts& counts = book.AddThread();
  CounterRandom random(11);
  constexpr uint32_t kTtlS = 20, kCaches = 500;
  std::vector<uint32_t> asks_at(kCaches);
  uint32_t now_s = 1'700'000'000;
  for (uint32_t& at : asks_at) at = now_s + static_cast<uint32_t>(random.Uniform() * kTtlS);
  for (const uint32_t end_s = now_s + 200; now_s < end_s; ++now_s) {
    for (uint32_t& at : asks_at) {
      if (at != now_s) continue;
      counts.Count(0, kTtlS, now_s);
      at += kTtlS;
    }
  }
  const Holders holders = book.Of(0, now_s - 1);
  EXPECT_EQ(holders.count, kCaches);
  EXPECT_NEAR(holders.gone_50_s, kTtlS / 2, 2);
  EXPECT_NEAR(holders.gone_99_s, kTtlS, 1);
}

TEST(HolderBookTest, WhatANodeHadWhenItLeftIsKeptUntilItIsBack) {
  HolderBook book;
  HolderCounts& counts = book.AddThread();
  counts.Count(0, 5, 100);
  book.Leave(0, 100);
  book.Leave(0, 104);
  EXPECT_EQ(book.AtLeave(0), 1u);
  counts.Count(0, 5, 104);
  EXPECT_EQ(book.AtLeave(0), 1u);
  book.Return(0);
  EXPECT_EQ(book.AtLeave(0), 0u);
}

}  // namespace
}  // namespace terrella::dns
