#include "control_plane/wan/wan_lane.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace terrella::control {
namespace {

using std::chrono::milliseconds;

TEST(WanLane, DeliversEachWhenItIsDueAndNoneBeforeAnEarlierOne) {
  EventLoop loop;
  WanLane lane(loop);
  const MonotonicTime start = loop.Now();
  std::string order;
  MonotonicTime second{};
  lane.Carry(start + milliseconds(20), [&] { order += 'a'; });
  lane.Carry(start + milliseconds(5), [&] {
    order += 'b';
    second = loop.Now();
  });
  lane.Carry(start + milliseconds(30), [&] { order += 'c'; });
  EXPECT_EQ(lane.under_way(), 3u);
  while (lane.under_way() > 0) loop.RunOnce();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(second, start + milliseconds(20));
  EXPECT_GE(loop.Now(), start + milliseconds(30));
}

TEST(WanLane, MayBeDestroyedByWhatItDelivers) {
  EventLoop loop;
  auto lane = std::make_unique<WanLane>(loop);
  int delivered = 0;
  lane->Carry(loop.Now(), [&] {
    ++delivered;
    lane.reset();
  });
  lane->Carry(loop.Now(), [&] { ++delivered; });
  while (lane != nullptr) loop.RunOnce();
  EXPECT_FALSE(loop.HasTimers());
  EXPECT_EQ(delivered, 1);
}

}  // namespace
}  // namespace terrella::control
