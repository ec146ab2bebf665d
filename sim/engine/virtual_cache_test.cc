// Goal: a virtual node's cache does what the live one does: it keeps answers as long as their
// fields say, asks once for all who wait, serves what is stale where that is allowed, and keeps to
// its bound.
#include "sim/engine/virtual_cache.h"

#include <gtest/gtest.h>

#include "sim/engine/virtual_origins.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using Use = CacheUse;

class VirtualCacheTest : public testing::Test {
 protected:
  static constexpr Duration kTook = 100ms;

  // A fetch of `key`; the origin ends as `end_` says.
  VirtualCache::Answer Fetch(Duration now, uint64_t key = 1) {
    const auto ask = [this](Duration at) {
      ++asked_;
      return OriginQuestion{.took = kTook, .dated = at + kTook / 2, .end = end_};
    };
    return cache_.Fetch(cached_, key, now, ask, {.clock = clock_, .purged = purged_});
  }
  void Behave(const OriginCaching& caching) {
    cached_ = CachedOrigin({.host = "a", .caching = caching});
  }

  OriginEnd end_ = OriginEnd::kWell;
  Duration purged_ = Duration::min();
  int asked_ = 0;
  NodeClock clock_;
  CachedOrigin cached_{{.host = "a", .caching = OriginCaching{.fresh = 10s}}};
  VirtualCache cache_{1 << 20, {}};
};

TEST_F(VirtualCacheTest, OneAsksAndWhoeverComesMeanwhileWaitsForTheAnswer) {
  const auto first = Fetch(1s);
  EXPECT_EQ(first.use, Use::kMiss);
  EXPECT_EQ(first.waited, kTook);
  const auto second = Fetch(1s + 30ms);
  EXPECT_EQ(second.use, Use::kCoalesced);
  EXPECT_EQ(second.waited, 70ms);
  const auto third = Fetch(1s + kTook);
  EXPECT_EQ(third.use, Use::kHit);
  EXPECT_EQ(third.waited, 0ms);
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(Fetch(1s + 30ms, 2).use, Use::kMiss) << "another thing";
}

TEST_F(VirtualCacheTest, APurgeHoldsForWhatIsThereAndForWhatIsUnderWay) {
  Fetch(1s);
  EXPECT_EQ(Fetch(2s).use, Use::kHit);
  purged_ = 3s;
  EXPECT_EQ(Fetch(3s).use, Use::kMiss);
  EXPECT_EQ(Fetch(4s).use, Use::kMiss) << "it was asked at the moment of the purge";
  EXPECT_EQ(Fetch(5s).use, Use::kHit) << "what came after the purge stays";
  // Asked before, here after it: who comes meanwhile waits for it, and nobody finds it later.
  Fetch(6s, 2);
  purged_ = 6s + 50ms;
  EXPECT_EQ(Fetch(6s + 60ms, 2).use, Use::kCoalesced);
  EXPECT_EQ(Fetch(7s, 2).use, Use::kMiss);
  EXPECT_EQ(Fetch(8s, 2).use, Use::kHit);
}

TEST_F(VirtualCacheTest, AnAnswerAgesFromWhenItsOriginDatedIt) {
  // Dated 1.05 s, which its field tells as 1 s: 0.1 s old when it comes.
  Fetch(1s);
  EXPECT_EQ(Fetch(10999ms).use, Use::kHit);
  EXPECT_EQ(Fetch(11s).use, Use::kExpired);
  EXPECT_EQ(asked_, 2);
  // Dated 12.95 s, so nearly a second old when it comes.
  Fetch(12900ms, 2);
  EXPECT_EQ(Fetch(21999ms, 2).use, Use::kHit);
  EXPECT_EQ(Fetch(22s, 2).use, Use::kExpired);
}

TEST_F(VirtualCacheTest, AStaleOneThatStillHoldsIsRevalidated) {
  Behave({.fresh = 10s, .etag = true});
  Fetch(1s);
  EXPECT_EQ(Fetch(12s).use, Use::kRevalidated);
  EXPECT_EQ(Fetch(12s + 10ms).use, Use::kCoalesced);
  EXPECT_EQ(Fetch(13s).use, Use::kHit);
}

TEST_F(VirtualCacheTest, WhileItIsRevalidatedBehindTheStaleOneIsServedAtOnce) {
  Behave({.fresh = 10s, .stale_while_revalidate = 5s});
  Fetch(1s);
  const auto stale = Fetch(12s);
  EXPECT_EQ(stale.use, Use::kUpdating);
  EXPECT_EQ(stale.waited, 0ms);
  EXPECT_EQ(Fetch(12s + 50ms).use, Use::kUpdating);
  EXPECT_EQ(asked_, 2) << "one refresh at a time";
  EXPECT_EQ(Fetch(12s + kTook).use, Use::kHit);
  EXPECT_EQ(Fetch(40s).use, Use::kExpired) << "its window is over";
}

TEST_F(VirtualCacheTest, AFailingOriginIsCoveredForAsLongAsItSaid) {
  Behave({.fresh = 10s, .stale_if_error = 5s});
  Fetch(1s);
  for (const OriginEnd end : {OriginEnd::kError, OriginEnd::kRefused}) {
    end_ = end;
    const auto stale = Fetch(end == OriginEnd::kError ? 12s : 13s);
    EXPECT_EQ(stale.use, Use::kStale);
    EXPECT_EQ(stale.end, OriginEnd::kWell);
    EXPECT_EQ(stale.waited, kTook) << "who serves it has to find out first";
  }
  EXPECT_EQ(Fetch(13s + 50ms).use, Use::kStale) << "who waited gets it, too";
  EXPECT_EQ(Fetch(16s).end, OriginEnd::kRefused) << "five seconds are over";
  // Without a word of it there is no bound.
  Behave({.fresh = 10s});
  EXPECT_EQ(Fetch(500s).use, Use::kStale);
  end_ = OriginEnd::kWell;
  EXPECT_EQ(Fetch(501s).use, Use::kExpired);
  EXPECT_EQ(Fetch(502s).use, Use::kHit);
}

TEST_F(VirtualCacheTest, OfAnErrorThatNobodyCanCoverEachAsksForItself) {
  end_ = OriginEnd::kError;
  EXPECT_EQ(Fetch(1s).end, OriginEnd::kError);
  const auto waited = Fetch(1s + 40ms);
  EXPECT_EQ(waited.end, OriginEnd::kError);
  EXPECT_EQ(waited.waited, 60ms + kTook);
  EXPECT_EQ(asked_, 2);
  // One that nobody could ask is an error of all who waited.
  end_ = OriginEnd::kRefused;
  Fetch(2s);
  EXPECT_EQ(Fetch(2s + 40ms).waited, 60ms);
  EXPECT_EQ(asked_, 3);
  end_ = OriginEnd::kWell;
  EXPECT_EQ(Fetch(3s).use, Use::kMiss);
}

TEST_F(VirtualCacheTest, OneThatWouldHaveAskedBeforeAsksForItself) {
  Fetch(5s);
  const auto before = Fetch(4s);
  EXPECT_EQ(before.use, Use::kMiss);
  EXPECT_EQ(before.waited, kTook);
  EXPECT_EQ(Fetch(5s + 50ms).use, Use::kCoalesced) << "and changes nothing";
}

TEST_F(VirtualCacheTest, WithAClockAheadWhatComesIsStaleAndNobodyWaitsForAnother) {
  Fetch(1s);
  clock_.ahead = 90s;
  EXPECT_EQ(Fetch(2s).use, Use::kNone) << "stale at once; what is asked anew may not be kept";
  const auto beside = Fetch(2s + 30ms);
  EXPECT_EQ(beside.use, Use::kNone);
  EXPECT_EQ(beside.waited, 70ms + kTook) << "it waited for an answer that is nobody else's";
  EXPECT_EQ(Fetch(3s).waited, kTook) << "known not to be kept, it is asked for at once";
  EXPECT_EQ(Fetch(3s + 30ms).waited, kTook);
  EXPECT_EQ(asked_, 5);
  clock_.ahead = 0s;
  EXPECT_EQ(Fetch(4s).use, Use::kNone) << "for ten seconds";
  EXPECT_EQ(Fetch(13s).use, Use::kMiss);
  EXPECT_EQ(Fetch(14s).use, Use::kHit);
}

TEST_F(VirtualCacheTest, WithAClockAheadAnEtagIsAskedForEachTimeAndHolds) {
  Behave({.fresh = 10s, .etag = true});
  Fetch(1s);
  clock_.ahead = 90s;
  EXPECT_EQ(Fetch(2s).use, Use::kRevalidated);
  EXPECT_EQ(Fetch(3s).use, Use::kRevalidated);
  EXPECT_EQ(Fetch(3s + 30ms).use, Use::kCoalesced);
}

TEST_F(VirtualCacheTest, WithAClockAheadByLessThanItsLifetimeItIsStaleTheSooner) {
  clock_.ahead = 4s;
  Fetch(1s);
  EXPECT_EQ(Fetch(6900ms).use, Use::kHit);
  EXPECT_EQ(Fetch(7100ms).use, Use::kExpired);
}

TEST_F(VirtualCacheTest, WithAClockSetBackWhatIsStoredIsServedForLonger) {
  Fetch(1s);
  clock_.ahead = -60s;
  EXPECT_EQ(Fetch(12s).use, Use::kHit) << "its clock says that no time has gone by";
  EXPECT_EQ(Fetch(70s).use, Use::kHit);
  EXPECT_EQ(Fetch(72s).use, Use::kExpired);
  EXPECT_EQ(Fetch(81900ms).use, Use::kHit) << "what comes now is as old as ever";
  EXPECT_EQ(Fetch(83s).use, Use::kExpired);
}

TEST_F(VirtualCacheTest, WhatIsOnItsWayWhenTheClockIsSetBackIsAsOldAsEver) {
  clock_ = {.until = 1s + kTook / 2, .then = -60s};
  Fetch(1s);
  EXPECT_EQ(Fetch(10900ms).use, Use::kHit);
  EXPECT_EQ(Fetch(11100ms).use, Use::kExpired);
}

TEST_F(VirtualCacheTest, ItKeepsToItsBoundAndKeepsWhatIsAskedForAgain) {
  VirtualCache small(20 * cached_.entry_bytes(), {});
  const auto ask = [](Duration at) { return OriginQuestion{.took = kTook, .dated = at}; };
  Duration now = 1s;
  for (uint64_t i = 0; i < 1000; ++i) {
    now += 1ms;
    small.Fetch(cached_, 1, now, ask);  // everybody's
    small.Fetch(cached_, 1000 + i, now, ask);
    ASSERT_LE(small.bytes(), 20 * cached_.entry_bytes());
  }
  EXPECT_EQ(small.Fetch(cached_, 1, now + 1s, ask).use, Use::kHit);
  EXPECT_EQ(small.Fetch(cached_, 1000, now + 1s, ask).use, Use::kMiss);
}

TEST_F(VirtualCacheTest, InARowItAnswersAsOutOfTheStore) {
  Behave({.fresh = 10s, .stale_while_revalidate = 3s, .stale_if_error = 5s});
  std::vector<VirtualCache::Entry> entries(50);
  VirtualCache row(1 << 20, entries), store(1 << 20, {});
  CounterRandom random(3);
  Duration now{};
  int stale = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += FromMs(random.Exponential(20));
    const uint64_t key = random.Below(50);
    const OriginEnd end = random.Uniform() < 0.4 ? OriginEnd::kError : OriginEnd::kWell;
    const auto ask = [&](Duration at) {
      return OriginQuestion{.took = kTook, .dated = at, .end = end};
    };
    row.Prefetch(key);
    const auto a = row.Fetch(cached_, key, now, ask), b = store.Fetch(cached_, key, now, ask);
    ASSERT_EQ(a.use, b.use) << i;
    ASSERT_EQ(a.end, b.end) << i;
    ASSERT_EQ(a.waited, b.waited) << i;
    stale += a.use == Use::kStale;
  }
  EXPECT_GT(stale, 20);
  EXPECT_EQ(row.bytes(), 0u);
  EXPECT_GT(store.bytes(), 0u);
}

TEST_F(VirtualCacheTest, OfAnOriginThatSaysNothingNothingIsStored) {
  EXPECT_TRUE(cached_.stores());
  EXPECT_FALSE(CachedOrigin({.host = "a"}).stores());
}

}  // namespace
}  // namespace terrella::sim
