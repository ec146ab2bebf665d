#include "edge_node/tail/tail_ring.h"

#include <gtest/gtest.h>

#include <thread>

namespace terrella::edge {
namespace {

TEST(TailRing, RefusesWhenItIsFull) {
  TailRing ring({.events_max = 3});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ring.has_room());
    EXPECT_TRUE(ring.Push(v1::TailEvent()));
  }
  EXPECT_FALSE(ring.has_room());
  EXPECT_FALSE(ring.Push(v1::TailEvent()));
  EXPECT_EQ(ring.Take().size(), 3u);
  EXPECT_TRUE(ring.has_room());
  EXPECT_TRUE(ring.Take().empty());
}

TEST(TailRing, CountsBytes) {
  TailRing ring({.bytes_max = 1000});
  v1::TailEvent event;
  event.set_url(std::string(700, 'x'));
  EXPECT_TRUE(ring.Push(event));
  EXPECT_FALSE(ring.Push(event));
  EXPECT_EQ(ring.Take().size(), 1u);
  EXPECT_TRUE(ring.Push(event));
}

TEST(TailRing, NothingIsLostBetweenThreads) {
  TailRing ring({.events_max = 64});
  constexpr int kEach = 5000;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  std::atomic<int> running = 3;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) refused += !ring.Push(v1::TailEvent());
      --running;
    });
  }
  size_t taken = 0;
  while (running > 0) taken += ring.Take().size();
  for (std::thread& thread : threads) thread.join();
  taken += ring.Take().size();
  EXPECT_EQ(taken + static_cast<size_t>(refused), 3u * kEach);
}

}  // namespace
}  // namespace terrella::edge
