#include "control_plane/api/call_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace terrella::control {
namespace {

TEST(CallPool, RunsWhatItTookBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    CallPool pool({.threads = 2, .waiting_max = 100});
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.Run([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(CallPool, OneThatWaitsHoldsUpNobodyWhileThereAreThreads) {
  std::promise<void> release, done;
  CallPool pool({.threads = 2, .waiting_max = 10});
  ASSERT_TRUE(pool.Run([&] { release.get_future().wait(); }));
  ASSERT_TRUE(pool.Run([&] { done.set_value(); }));
  done.get_future().wait();
  release.set_value();
}

TEST(CallPool, RefusesMoreThanMayWait) {
  std::promise<void> release, began;
  CallPool pool({.threads = 1, .waiting_max = 2});
  ASSERT_TRUE(pool.Run([&] {
    began.set_value();
    release.get_future().wait();
  }));
  began.get_future().wait();
  EXPECT_TRUE(pool.Run([] {}));
  EXPECT_TRUE(pool.Run([] {}));
  EXPECT_FALSE(pool.Run([] { FAIL(); }));
  release.set_value();
}

}  // namespace
}  // namespace terrella::control
