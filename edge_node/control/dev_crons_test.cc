// Moments come by a clock that the test holds; the timer that waits for them is the loop's.
#include "edge_node/control/dev_crons.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class DevCronsTest : public ::testing::Test {
 protected:
  DevCronsTest()
      : crons_(loop_, clock_,
               [this](ScheduledOrder order, std::function<void(ScheduledOutcome)> done) {
                 orders_.push_back(std::move(order));
                 running_.push_back(std::move(done));
               },
               {.look_again_max = milliseconds(2), .late_max = seconds(60), .running_max = 2}) {
    clock_.Advance(minutes(90) -
                   clock_.WallNow().time_since_epoch() % minutes(60));  // at half past
  }
  // Some looks at the clock.
  void Look() {
    const MonotonicTime end = loop_.Now() + milliseconds(15);
    Timer tick(loop_, [&] { tick.Start(milliseconds(1)); });
    tick.Start(milliseconds(1));
    while (loop_.Now() < end) loop_.RunOnce();
  }
  void AdvanceAndLook(Duration by) {
    clock_.Advance(by);
    Look();
  }

  EventLoop loop_;
  ManualClock clock_;
  std::vector<ScheduledOrder> orders_;
  std::vector<std::function<void(ScheduledOutcome)>> running_;
  DevCrons crons_;
};

TEST_F(DevCronsTest, RunsEachExpressionAtItsMinuteOnce) {
  crons_.Set("shop", {"* * * * *", "32 * * * *"});
  Look();
  EXPECT_TRUE(orders_.empty());
  AdvanceAndLook(seconds(59));
  EXPECT_TRUE(orders_.empty());
  AdvanceAndLook(seconds(1));
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_EQ(orders_[0].script, "shop");
  EXPECT_EQ(orders_[0].event.cron, "* * * * *");
  EXPECT_EQ(orders_[0].event.scheduled_ms, ToMs(clock_.WallNow().time_since_epoch()));
  running_[0]({.kind = ScheduledOutcome::Kind::kOk});
  AdvanceAndLook(seconds(60));
  ASSERT_EQ(orders_.size(), 3u);
  EXPECT_EQ(orders_[1].event.cron, "* * * * *");
  EXPECT_EQ(orders_[2].event.cron, "32 * * * *");
}

TEST_F(DevCronsTest, DoesNotMakeUpForWhatPassedWhileTheMachineSlept) {
  crons_.Set("shop", {"45 * * * *"});
  AdvanceAndLook(minutes(20));
  EXPECT_TRUE(orders_.empty());
  AdvanceAndLook(minutes(55));
  EXPECT_EQ(orders_.size(), 1u);
}

TEST_F(DevCronsTest, AReloadReplacesWhatRuns) {
  crons_.Set("shop", {"* * * * *"});
  crons_.Set("shop", {"31 * * * *"});
  AdvanceAndLook(seconds(60));
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_EQ(orders_[0].event.cron, "31 * * * *");
  crons_.Set("shop", {});
  AdvanceAndLook(minutes(60));
  EXPECT_EQ(orders_.size(), 1u);
}

TEST_F(DevCronsTest, LeavesOutWhatWouldPileUp) {
  crons_.Set("shop", {"* * * * *"});
  for (int i = 0; i < 4; ++i) AdvanceAndLook(seconds(60));
  EXPECT_EQ(orders_.size(), 2u);
  running_[0]({.kind = ScheduledOutcome::Kind::kFailed, .detail = "no"});
  AdvanceAndLook(seconds(60));
  EXPECT_EQ(orders_.size(), 3u);
}

}  // namespace
}  // namespace terrella::edge
