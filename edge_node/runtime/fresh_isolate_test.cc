#include "edge_node/runtime/fresh_isolate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

constexpr uint64_t kHeapBytes = 64u << 20;

bool SoonReady(const FreshIsolates& fresh, size_t count) {
  for (int i = 0; i < 1000 && fresh.ready() != count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return fresh.ready() == count;
}

TEST(FreshIsolates, NothingIsMadeAheadBeforeSomebodyAsked) {
  FreshIsolates fresh(TestEngine(), 2);
  fresh.Refill();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(fresh.ready(), 0u);
}

TEST(FreshIsolates, WhatIsTakenIsMadeUpForWhenItsTakerSaysSo) {
  FreshIsolates fresh(TestEngine(), 2);
  const std::unique_ptr<FreshIsolate> first = fresh.Take(kHeapBytes);
  ASSERT_NE(first, nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(fresh.ready(), 0u) << "made while the request that took one was still running";
  fresh.Refill();
  ASSERT_TRUE(SoonReady(fresh, 2));
  const std::unique_ptr<FreshIsolate> second = fresh.Take(kHeapBytes);
  EXPECT_EQ(fresh.ready(), 1u);
  fresh.Refill();
  EXPECT_TRUE(SoonReady(fresh, 2));
}

TEST(FreshIsolates, OneOfAnotherSizeIsMadeToMeasure) {
  FreshIsolates fresh(TestEngine(), 1);
  fresh.Take(kHeapBytes);
  fresh.Refill();
  ASSERT_TRUE(SoonReady(fresh, 1));
  EXPECT_EQ(fresh.Take(2 * kHeapBytes)->heap_bytes(), 2 * kHeapBytes);
  EXPECT_EQ(fresh.ready(), 1u);
}

}  // namespace
}  // namespace terrella::runtime
