// The scaler in virtual time: loads are made up, half a second apart.
#include "edge_node/shard/shard_scaler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace terrella::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Step = ShardScaler::Step;

// A node whose shards come and go at once.
class Node {
 public:
  explicit Node(ShardRange range, ScalerLimits limits = {})
      : shards_(range.min), scaler_(range, limits) {}

  // The demand, in threads, is shared evenly; a shard has no more than one.
  void Serve(Duration time, double demand) {
    Serve(time, [demand](MonotonicTime) { return demand; });
  }
  void Serve(Duration time, const std::function<double(MonotonicTime)>& demand) {
    for (const MonotonicTime end = now_ + time; now_ < end;) {
      now_ += milliseconds(500);
      const double busy = std::min(demand(now_), static_cast<double>(shards_));
      const Step step = scaler_.Look(now_, shards_, busy);
      if (step == Step::kStay) continue;
      if (refuses && step == Step::kGrow) {
        scaler_.Failed(now_);
        ++refused;
        continue;
      }
      shards_ = step == Step::kGrow ? shards_ + 1 : shards_ - 1;
      changes.push_back(now_);
    }
  }
  size_t shards() const { return shards_; }

  bool refuses = false;  // no shard can start
  size_t refused = 0;
  std::vector<MonotonicTime> changes;

 private:
  size_t shards_;
  ShardScaler scaler_;
  MonotonicTime now_ = MonotonicTime(seconds(1000));
};

TEST(ShardScalerTest, GrowsToItsMaximumWhileAllAreBusyAndComesBackWhenItIsQuiet) {
  Node node({1, 4});
  node.Serve(seconds(60), 10);
  EXPECT_EQ(node.shards(), 4u);
  EXPECT_LE(node.changes.back() - node.changes.front(), seconds(5));
  node.Serve(seconds(60), 0);
  EXPECT_EQ(node.shards(), 1u);
}

TEST(ShardScalerTest, HasAsManyAsTheLoadTakesAndKeepsThatNumber) {
  for (const double demand : {0.2, 0.7, 0.76, 0.99, 1.4, 1.6, 2.2, 2.5, 3.1, 5.0}) {
    Node node({1, 8});
    node.Serve(seconds(60), demand);
    const size_t settled = node.shards(), changed = node.changes.size();
    EXPECT_LT(demand / static_cast<double>(settled), 0.75) << demand;
    EXPECT_GT(demand, 0.75 * static_cast<double>(settled - 1)) << demand << ": one less would do";
    node.Serve(std::chrono::minutes(30), demand);
    EXPECT_EQ(node.changes.size(), changed) << demand << ": shards come and go";
  }
}

TEST(ShardScalerTest, ABurstAndALullAreWaitedFor) {
  Node node({1, 4});
  for (int i = 0; i < 20; ++i) {
    node.Serve(seconds(1), 3);
    node.Serve(seconds(1), 0.1);
  }
  EXPECT_TRUE(node.changes.empty());
  node.Serve(seconds(10), 3);
  const size_t shards = node.shards();
  EXPECT_GT(shards, 1u);
  for (int i = 0; i < 20; ++i) {
    node.Serve(seconds(8), 0.1);
    node.Serve(seconds(1), 2.5);
  }
  EXPECT_EQ(node.shards(), shards);
}

TEST(ShardScalerTest, GoesStepByStepEachAfterATimeOfItsOwn) {
  Node node({1, 8});
  node.Serve(seconds(60), 20);
  node.Serve(seconds(120), 0);
  ASSERT_EQ(node.changes.size(), 14u);
  for (size_t i = 1; i < 7; ++i)
    EXPECT_GE(node.changes[i] - node.changes[i - 1], milliseconds(1500));
  for (size_t i = 7; i < 14; ++i) EXPECT_GE(node.changes[i] - node.changes[i - 1], seconds(10));
}

TEST(ShardScalerTest, StaysWithinItsRange) {
  Node node({2, 3});
  node.Serve(seconds(60), 0);
  EXPECT_EQ(node.shards(), 2u);
  node.Serve(seconds(60), 9);
  EXPECT_EQ(node.shards(), 3u);
  Node fixed({2, 2});
  fixed.Serve(seconds(60), 9);
  fixed.Serve(seconds(60), 0);
  EXPECT_TRUE(fixed.changes.empty());
}

TEST(ShardScalerTest, WhatCannotStartIsTriedAgainOnlyLater) {
  Node node({1, 2});
  node.refuses = true;
  node.Serve(seconds(65), 5);
  EXPECT_EQ(node.refused, 3u);
  node.refuses = false;
  node.Serve(seconds(35), 5);
  EXPECT_EQ(node.shards(), 2u);
}

TEST(ShardRangeTest, IsANumberOrTwo) {
  EXPECT_EQ(ShardRange::Parse("3")->min, 3u);
  EXPECT_TRUE(ShardRange::Parse("3")->is_fixed());
  EXPECT_EQ(ShardRange::Parse("1..64")->min, 1u);
  EXPECT_EQ(ShardRange::Parse("1..64")->max, 64u);
  for (const char* text : {"", "0", "65", "-1", "x", "..", "1..", "..2", "0..2", "3..2", "1..65",
                           "1..2..3", "1.2", "1...2"}) {
    const auto range = ShardRange::Parse(text);
    EXPECT_TRUE(absl::IsInvalidArgument(range.status())) << text;
  }
}

}  // namespace
}  // namespace terrella::edge
