// Goal: a get waits for a fetch of its key that is on its way, and for no answer that is too old.
#include "edge_node/kv/kv_flights.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

using namespace std::chrono_literals;

TEST(KvFlights, GetsOfOneKeyShareAFlight) {
  ManualClock clock;
  const KvCache cache(clock);
  KvFlights<int> flights;
  const auto [first, is_new] = flights.Join(cache, "ns", "k", 1);
  EXPECT_TRUE(is_new);
  clock.Advance(1s);
  const auto [second, again] = flights.Join(cache, "ns", "k", 2);
  EXPECT_FALSE(again);
  EXPECT_EQ(second, first);
  EXPECT_TRUE(flights.Join(cache, "ns", "other", 3).second);
  EXPECT_TRUE(flights.Join(cache, "other", "k", 4).second);
  EXPECT_EQ(flights.Take(first), (std::vector<int>{1, 2}));
  EXPECT_TRUE(flights.Take(first).empty());
  EXPECT_TRUE(flights.Join(cache, "ns", "k", 5).second) << "it has landed";
}

TEST(KvFlights, AFlightFromBeforeTheNodesOwnWriteWillNotDo) {
  ManualClock clock;
  KvCache cache(clock);
  KvFlights<int> flights;
  const auto before = flights.Join(cache, "ns", "k", 1).first;
  cache.BeginWrite("ns", "k");
  EXPECT_FALSE(flights.Join(cache, "ns", "k", 2).second) << "it is not acknowledged";
  cache.EndWrite("ns", "k", KvCache::Copy{});
  const auto [after, is_new] = flights.Join(cache, "ns", "k", 3);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(flights.Take(before), (std::vector<int>{1, 2}));
  EXPECT_EQ(flights.Take(after), std::vector<int>{3});
}

}  // namespace
}  // namespace terrella::edge
