#include "edge_node/shard/call_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace terrella::edge {
namespace {

using ::testing::ElementsAre;

TEST(CallOrder, ACallNamesTheOneBeforeItUntilThatIsSettled) {
  CallOrder order;
  const CallTicket first = order.Leave("a", "door"), second = order.Leave("a", "door"),
                   other = order.Leave("b", "door");
  EXPECT_EQ(first.after, 0u);
  EXPECT_EQ(second.after, first.number);
  EXPECT_EQ(other.after, 0u) << "objects do not wait for each other";
  order.Settle("a", first.number);
  const CallTicket third = order.Leave("a", "door");
  EXPECT_EQ(third.after, second.number);
  order.Settle("a", third.number);
  EXPECT_EQ(order.Leave("a", "door").after, 0u) << "it came after all those before it";
}

TEST(CallOrder, ACallByAnotherDoorWaitsForNone) {
  CallOrder order;
  order.Leave("a", "door");
  const CallTicket moved = order.Leave("a", "new door");
  EXPECT_EQ(moved.after, 0u) << "the new owner does not know what came to the old one";
  EXPECT_EQ(order.Leave("a", "new door").after, moved.number);
}

TEST(CallOrder, NothingIsKeptOfWhatIsSettled) {
  CallOrder order;
  for (int i = 0; i < 1000; ++i) {
    const std::string object = std::to_string(i);
    order.Settle(object, order.Leave(object, "door").number);
  }
  EXPECT_EQ(order.size(), 0u);
}

class ArrivalOrderTest : public ::testing::Test {
 protected:
  void Arrive(ArrivalOrder& order, uint64_t number, uint64_t after, uint64_t caller = 1) {
    order.Arrive("object", {caller, number, after},
                 [this, number, caller] { seen_.push_back(caller * 100 + number); });
  }
  EventLoop loop_;
  std::vector<uint64_t> seen_;
};

TEST_F(ArrivalOrderTest, ACallWaitsForTheOneItNames) {
  ArrivalOrder order(loop_);
  Arrive(order, 3, 2);
  Arrive(order, 2, 1);
  EXPECT_TRUE(seen_.empty());
  Arrive(order, 1, 0, 2);
  EXPECT_THAT(seen_, ElementsAre(201)) << "the same number of another caller";
  Arrive(order, 1, 0);
  EXPECT_THAT(seen_, ElementsAre(201, 101, 102, 103));
  Arrive(order, 4, 3);
  EXPECT_THAT(seen_, ElementsAre(201, 101, 102, 103, 104));
  EXPECT_EQ(order.waiting(), 0u);
}

TEST_F(ArrivalOrderTest, AnyOrderOfArrivalIsPutRight) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    ArrivalOrder order(loop_);
    seen_.clear();
    std::vector<uint64_t> numbers(20), expected;
    for (uint64_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = i + 1;
      expected.push_back(101 + i);
    }
    std::shuffle(numbers.begin(), numbers.end(), random);
    for (const uint64_t number : numbers) Arrive(order, number, number - 1);
    EXPECT_EQ(seen_, expected);
  }
}

TEST_F(ArrivalOrderTest, OneThatNeverComesHoldsNobodyForLong) {
  ArrivalOrder order(loop_, {.wait_max = std::chrono::milliseconds(20)});
  Arrive(order, 3, 2);
  Arrive(order, 5, 4);
  while (seen_.size() < 2) loop_.RunOnce();
  EXPECT_THAT(seen_, ElementsAre(103, 105));
  Arrive(order, 6, 5);
  EXPECT_THAT(seen_, ElementsAre(103, 105, 106));
}

TEST_F(ArrivalOrderTest, OneThatCameLongAgoIsStillKnown) {
  ArrivalOrder order(loop_);
  Arrive(order, 1, 0);
  for (uint64_t i = 2; i < 1000; ++i) Arrive(order, i, i - 1);
  Arrive(order, 1000, 1);
  EXPECT_EQ(seen_.size(), 1000u) << "a call that takes long must not hold the next one";
}

TEST_F(ArrivalOrderTest, WhatIsRememberedIsBounded) {
  ArrivalOrder order(loop_, {.wait_max = std::chrono::milliseconds(20), .remembered_max = 2});
  for (uint64_t caller = 1; caller <= 3; ++caller) Arrive(order, 1, 0, caller);
  Arrive(order, 2, 1, 3);
  Arrive(order, 2, 1, 2);
  EXPECT_EQ(seen_.size(), 5u);
  Arrive(order, 2, 1, 1);
  EXPECT_EQ(seen_.size(), 5u) << "that this caller's first came is forgotten";
  while (seen_.size() < 6) loop_.RunOnce();
}

TEST_F(ArrivalOrderTest, CallsWithoutAnOrderPass) {
  ArrivalOrder order(loop_);
  Arrive(order, 0, 0);
  Arrive(order, 0, 0);
  EXPECT_THAT(seen_, ElementsAre(100, 100));
}

}  // namespace
}  // namespace terrella::edge
