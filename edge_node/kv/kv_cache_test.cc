#include "edge_node/kv/kv_cache.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

using std::chrono::seconds;

KvCache::Copy CopyOf(std::string bytes, int64_t expires_unix_s = 0) {
  auto value = std::make_shared<runtime::KvValue>();
  value->bytes = std::move(bytes);
  return {std::move(value), expires_unix_s};
}

class KvCacheTest : public ::testing::Test {
 protected:
  std::string Find(std::string_view key, Duration age_max = seconds(60),
                   std::string_view ns = "ns") {
    auto copy = cache_.Find(ns, key, age_max);
    if (!copy) return "(no copy)";
    return copy->value == nullptr ? "(no value)" : copy->value->bytes;
  }
  void Write(std::string_view key, KvCache::Copy copy) {
    cache_.BeginWrite("ns", key);
    cache_.EndWrite("ns", key, std::move(copy));
  }
  ManualClock clock_;
  KvCache cache_{clock_, {.bytes_max = 2000, .value_bytes_max = 1000}};
};

TEST_F(KvCacheTest, IsAsOldAsItsReaderAllows) {
  cache_.StoreFetched("ns", "a", CopyOf("1"), cache_.Now());
  cache_.StoreFetched("ns", "none", {}, cache_.Now());
  clock_.Advance(seconds(59));
  EXPECT_EQ(Find("a"), "1");
  EXPECT_EQ(Find("none"), "(no value)");
  EXPECT_EQ(Find("a", seconds(30)), "(no copy)");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Find("a"), "(no copy)");
  EXPECT_EQ(Find("a", seconds(61)), "1");
  EXPECT_EQ(Find("a", seconds(61), "other"), "(no copy)");
}

TEST_F(KvCacheTest, KnowsThatAnExpiredValueIsNone) {
  clock_.Advance(seconds(1000));
  cache_.StoreFetched("ns", "a", CopyOf("1", 1030), cache_.Now());
  clock_.Advance(seconds(29));
  EXPECT_EQ(Find("a"), "1");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Find("a"), "(no value)");
  // That it is none is as old as the copy: somebody else may have written the key again.
  clock_.Advance(seconds(30));
  EXPECT_EQ(Find("a"), "(no copy)");
}

TEST_F(KvCacheTest, OfWritesThatOverlapNoneIsTakenForTheLast) {
  cache_.BeginWrite("ns", "a");
  cache_.BeginWrite("ns", "a");
  cache_.BeginWrite("ns", "b");
  const KvCache::Moment before = cache_.Now();
  cache_.EndWrite("ns", "a", CopyOf("second"));
  EXPECT_EQ(Find("a"), "(no copy)");
  cache_.EndWrite("ns", "a", CopyOf("first"));
  EXPECT_EQ(Find("a"), "(no copy)");
  cache_.EndWrite("ns", "b", CopyOf("b"));
  EXPECT_EQ(Find("b"), "b");
  cache_.StoreFetched("ns", "a", CopyOf("older than both"), before);
  EXPECT_EQ(Find("a"), "(no copy)");
  cache_.StoreFetched("ns", "a", CopyOf("second"), cache_.Now());
  EXPECT_EQ(Find("a"), "second");
  Write("a", CopyOf("third"));
  EXPECT_EQ(Find("a"), "third");
}

TEST_F(KvCacheTest, AWriteThatFailedLeavesTheCopy) {
  Write("a", CopyOf("1"));
  cache_.BeginWrite("ns", "a");
  cache_.EndWrite("ns", "a", std::nullopt);
  EXPECT_EQ(Find("a"), "1");
}

TEST_F(KvCacheTest, AnOlderFetchDoesNotReplaceWhatANewerOneBrought) {
  const KvCache::Moment before = cache_.Now();
  Write("a", CopyOf("mine"));
  cache_.StoreFetched("ns", "a", CopyOf("newer"), cache_.Now());
  cache_.StoreFetched("ns", "a", CopyOf("older than mine"), before);
  EXPECT_EQ(Find("a"), "newer");
}

TEST_F(KvCacheTest, AWriteTooLargeToBeKeptIsFetchedAndNotWhatWasBefore) {
  const KvCache::Moment before = cache_.Now();
  Write("a", CopyOf(std::string(1001, 'x')));
  EXPECT_EQ(Find("a"), "(no copy)");
  cache_.StoreFetched("ns", "a", CopyOf("older"), before);
  EXPECT_EQ(Find("a"), "(no copy)");
}

TEST_F(KvCacheTest, AnOlderFetchDoesNotReplaceAWrite) {
  const KvCache::Moment before = cache_.Now();
  Write("a", CopyOf("mine"));
  cache_.StoreFetched("ns", "a", CopyOf("older"), before);
  EXPECT_EQ(Find("a"), "mine");
  cache_.StoreFetched("ns", "a", CopyOf("newer"), cache_.Now());
  EXPECT_EQ(Find("a"), "newer");
  Write("a", {});
  EXPECT_EQ(Find("a"), "(no value)");
}

TEST_F(KvCacheTest, AFetchDoesNotReplaceWhatWasAskedLater) {
  const KvCache::Moment before = cache_.Now();
  clock_.Advance(seconds(1));
  cache_.StoreFetched("ns", "a", CopyOf("newer"), cache_.Now());
  cache_.StoreFetched("ns", "a", CopyOf("older"), before);
  EXPECT_EQ(Find("a"), "newer");
}

TEST_F(KvCacheTest, ACopyIsAsOldAsItsQuestion) {
  const KvCache::Moment asked = cache_.Now();
  cache_.BeginWrite("ns", "b");
  clock_.Advance(seconds(20));
  cache_.StoreFetched("ns", "a", CopyOf("1"), asked);
  cache_.EndWrite("ns", "b", CopyOf("1"));
  clock_.Advance(seconds(9));
  EXPECT_EQ(Find("a", seconds(30)) + Find("b", seconds(30)), "11");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Find("a", seconds(30)), "(no copy)");
  EXPECT_EQ(Find("b", seconds(30)), "(no copy)");
}

TEST_F(KvCacheTest, WhatWasAskedBeforeAWriteIsNotKeptWhenTheWritesCopyIsGone) {
  const KvCache::Moment before = cache_.Now();
  Write("a", CopyOf("mine"));
  for (int i = 0; i < 20; ++i) cache_.StoreFetched("ns", std::to_string(i), {}, cache_.Now());
  EXPECT_EQ(Find("a"), "(no copy)");
  EXPECT_GT(cache_.WrittenAt("ns", "a"), before.sequence);  // nobody joins an older fetch either
  cache_.StoreFetched("ns", "a", CopyOf("older"), before);
  EXPECT_EQ(Find("a"), "(no copy)");
  cache_.StoreFetched("ns", "a", CopyOf("mine"), cache_.Now());
  EXPECT_EQ(Find("a"), "mine");
}

TEST_F(KvCacheTest, AWriteThatFindsNoRoomAtAllIsRemembered) {
  const KvCache::Moment before = cache_.Now();
  const std::string key(1000, 'k');
  Write(key, CopyOf("mine"));
  cache_.StoreFetched("ns", "a", CopyOf("asked before"), before);
  EXPECT_EQ(Find("a"), "(no copy)");
  EXPECT_GT(cache_.WrittenAt("ns", key), before.sequence);
}

TEST_F(KvCacheTest, LetsGoOfWhatWasUsedLongestAgo) {
  for (const char* key : {"a", "b", "c"})
    cache_.StoreFetched("ns", key, CopyOf(std::string(400, 'x')), cache_.Now());
  EXPECT_EQ(Find("a").size(), 400u);
  cache_.StoreFetched("ns", "d", CopyOf(std::string(400, 'x')), cache_.Now());
  EXPECT_EQ(Find("b"), "(no copy)");
  EXPECT_EQ(Find("a").size(), 400u);
  EXPECT_LE(cache_.bytes(), 2000u);
  cache_.StoreFetched("ns", "large", CopyOf(std::string(1001, 'x')), cache_.Now());
  EXPECT_EQ(Find("large"), "(no copy)");
  for (int i = 0; i < 100; ++i) cache_.StoreFetched("ns", std::to_string(i), {}, cache_.Now());
  EXPECT_LE(cache_.bytes(), 2000u);
}

}  // namespace
}  // namespace terrella::edge
