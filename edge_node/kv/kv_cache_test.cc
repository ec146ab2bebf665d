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
  ManualClock clock_;
  KvCache cache_{clock_, {.bytes_max = 2000, .value_bytes_max = 1000}};
};

TEST_F(KvCacheTest, IsAsOldAsItsReaderAllows) {
  cache_.StoreFetched("ns", "a", CopyOf("1"), 0);
  cache_.StoreFetched("ns", "none", {}, 0);
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
  cache_.StoreFetched("ns", "a", CopyOf("1", 1030), 0);
  clock_.Advance(seconds(29));
  EXPECT_EQ(Find("a"), "1");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Find("a"), "(no value)");
}

TEST_F(KvCacheTest, AnOlderFetchDoesNotReplaceAWrite) {
  const uint64_t before = cache_.Sequence();
  cache_.StoreWritten("ns", "a", CopyOf("mine"));
  cache_.StoreFetched("ns", "a", CopyOf("older"), before);
  EXPECT_EQ(Find("a"), "mine");
  cache_.StoreFetched("ns", "a", CopyOf("newer"), cache_.Sequence());
  EXPECT_EQ(Find("a"), "newer");
  cache_.StoreWritten("ns", "a", {});
  EXPECT_EQ(Find("a"), "(no value)");
}

TEST_F(KvCacheTest, LetsGoOfWhatWasUsedLongestAgo) {
  for (const char* key : {"a", "b", "c"})
    cache_.StoreFetched("ns", key, CopyOf(std::string(400, 'x')), 0);
  EXPECT_EQ(Find("a").size(), 400u);
  cache_.StoreFetched("ns", "d", CopyOf(std::string(400, 'x')), 0);
  EXPECT_EQ(Find("b"), "(no copy)");
  EXPECT_EQ(Find("a").size(), 400u);
  EXPECT_LE(cache_.bytes(), 2000u);
  cache_.StoreFetched("ns", "large", CopyOf(std::string(1001, 'x')), 0);
  EXPECT_EQ(Find("large"), "(no copy)");
  for (int i = 0; i < 100; ++i) cache_.StoreFetched("ns", std::to_string(i), {}, 0);
  EXPECT_LE(cache_.bytes(), 2000u);
}

}  // namespace
}  // namespace terrella::edge
