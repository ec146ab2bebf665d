#include "sim/scenario/kv_asks.h"

#include <gtest/gtest.h>

#include <map>

namespace terrella::sim {
namespace {

Scenario WithKv(KvWorkload workload) {
  Scenario scenario;
  scenario.requests = {{.host = "plain"}, {.host = "ledger", .kv = workload}};
  return scenario;
}

TEST(KvAsks, PopularKeysAreAskedForMoreOften) {
  const KvAsks asks(WithKv({.keys = 4, .zipf = 1, .write_share = 0.25}));
  std::map<uint32_t, int> keys;
  int writes = 0;
  constexpr int kRequests = 100'000;
  for (int i = 0; i < kRequests; ++i) {
    const KvAsk ask = asks.Of(1, static_cast<uint64_t>(i));
    ++keys[ask.key];
    writes += ask.writes;
    EXPECT_EQ(ask.name, kKvKeysMax + ask.key);
  }
  const double whole = 1 + 1. / 2 + 1. / 3 + 1. / 4;
  for (uint32_t key = 0; key < 4; ++key) {
    EXPECT_NEAR(keys[key], kRequests / whole / (key + 1), 500) << key;
  }
  EXPECT_NEAR(writes, 25'000, 500);
}

TEST(KvAsks, ARequestsKeyDependsOnItsNumberAlone) {
  const KvAsks one(WithKv({.keys = 1000})), other(WithKv({.keys = 1000}));
  other.Of(1, 3);
  EXPECT_EQ(one.Of(1, 77).key, other.Of(1, 77).key);
}

TEST(KvAsks, ThereMayBeNone) {
  Scenario scenario;
  scenario.requests = {{.host = "plain"}};
  EXPECT_FALSE(KvAsks(scenario).any());
}

}  // namespace
}  // namespace terrella::sim
