#include "dns_router/server/standing_queue.h"

#include <gtest/gtest.h>

namespace terrella::dns {
namespace {

constexpr uint64_t kPerS = 300'000;
constexpr uint64_t kStart = 1'000'000, kTick = 4'000;

// Reads that leave something, a tick apart, until `end_us`; the last limit there was.
std::optional<uint64_t> Fill(StandingQueue& queue, uint64_t& now_us, uint64_t end_us,
                             uint64_t standing = 0) {
  std::optional<uint64_t> last;
  for (; now_us <= end_us; now_us += kTick) {
    if (const auto limit = queue.Read(false, now_us, kPerS, standing)) last = limit;
  }
  return last;
}

TEST(StandingQueueTest, ABurstIsLeftAlone) {
  StandingQueue queue;
  uint64_t now = kStart;
  for (int burst = 0; burst < 10; ++burst) {
    EXPECT_EQ(Fill(queue, now, now + StandingQueue::kStandingUs - kTick), std::nullopt);
    EXPECT_EQ(queue.Read(true, now, kPerS, 0), std::nullopt);
    now += kTick;
  }
  EXPECT_FALSE(queue.is_cut());
}

TEST(StandingQueueTest, OneThatDoesNotEmptyIsCutToTheDelay) {
  StandingQueue queue;
  uint64_t now = kStart;
  EXPECT_EQ(Fill(queue, now, now + StandingQueue::kStandingUs),
            kPerS * StandingQueue::kDelayUs / 1'000'000);
  EXPECT_TRUE(queue.is_cut());
}

TEST(StandingQueueTest, ThoseThatStandShareTheDelay) {
  StandingQueue queue;
  uint64_t now = kStart;
  EXPECT_EQ(Fill(queue, now, now + StandingQueue::kStandingUs, 3),
            kPerS * StandingQueue::kDelayUs / 1'000'000 / 4);
  EXPECT_EQ(StandingQueue(queue).Read(false, now + StandingQueue::kCalmUs, 100, 4),
            StandingQueue::kDatagramsMin);
}

TEST(StandingQueueTest, ItHoldsABurstAgainOnceItHasBeenCalm) {
  StandingQueue queue;
  uint64_t now = kStart;
  Fill(queue, now, now + StandingQueue::kStandingUs);
  const uint64_t last_us = now - kTick;
  EXPECT_EQ(queue.Read(true, last_us + StandingQueue::kCalmUs - 1, kPerS, 1), std::nullopt);
  EXPECT_EQ(queue.Read(true, last_us + StandingQueue::kCalmUs, kPerS, 1), 0u);
  EXPECT_FALSE(queue.is_cut());
}

TEST(StandingQueueTest, BurstsOfMoreThanOneReadingDoNotKeepItCut) {
  StandingQueue queue;
  uint64_t now = kStart;
  Fill(queue, now, now + StandingQueue::kStandingUs);
  std::optional<uint64_t> limit;
  for (int burst = 0; burst < 10 && limit != 0u; ++burst) {
    EXPECT_EQ(queue.Read(false, now, kPerS, 1), std::nullopt);
    limit = queue.Read(true, now + kTick, kPerS, 1);
    now += 50'000;
  }
  EXPECT_EQ(limit, 0u);
  EXPECT_FALSE(queue.is_cut());
}

TEST(StandingQueueTest, AFloodThatGoesOnKeepsItCut) {
  StandingQueue queue;
  uint64_t now = kStart;
  Fill(queue, now, now + StandingQueue::kStandingUs);
  EXPECT_EQ(Fill(queue, now, now + 10 * StandingQueue::kCalmUs, 1),
            kPerS * StandingQueue::kDelayUs / 1'000'000);
  EXPECT_TRUE(queue.is_cut());
}

}  // namespace
}  // namespace terrella::dns
