// Goal: the anycast address leads to the nearest site that is announced, and a withdrawal is heard
// late.
#include "sim/ingress/catchment.h"

#include <gtest/gtest.h>

#include "sim/ingress/test_world.h"

namespace terrella::sim {
namespace {

using std::chrono::milliseconds;
const MonotonicTime kStart(std::chrono::seconds(100));

struct World {
  Catchment catchment{*TestWorld().model, milliseconds(500)};
  std::vector<std::string> complaints;

  void Update(std::initializer_list<std::pair<const char*, v1::NodeState>> nodes,
              MonotonicTime now) {
    v1::View view;
    uint32_t host = 0x7f100001;
    for (auto [pop, state] : nodes) AddNode(view, pop, {IpAddress::V4(host++), 8080}, state);
    catchment.Update(view, now, &complaints);
  }
  std::string From(std::string_view city, MonotonicTime now) {
    auto place = TestWorld().places->Find(city);
    const Site* site = catchment.Nearest(TestWorld().model->ClientAt(*place), now);
    return site == nullptr ? "" : site->id;
  }
};

TEST(Catchment, LeadsToTheNearestReadySite) {
  World world;
  EXPECT_FALSE(world.catchment.has_view());
  EXPECT_EQ(world.From("Berlin", kStart), "");
  world.Update({{"FRA", v1::NODE_STATE_READY},
                {"NRT", v1::NODE_STATE_READY},
                {"WAW", v1::NODE_STATE_SYNCING},
                {"TXL", v1::NODE_STATE_DOWN},
                {"GRU", v1::NODE_STATE_READY}},
               kStart);
  EXPECT_EQ(world.From("Berlin", kStart), "FRA");
  EXPECT_EQ(world.From("Osaka", kStart), "NRT");
  EXPECT_EQ(world.From("Rio de Janeiro", kStart), "GRU");
}

TEST(Catchment, HearsOfAWithdrawalAfterTheConvergenceDelay) {
  for (v1::NodeState gone : {v1::NODE_STATE_DOWN, v1::NODE_STATE_DRAINING}) {
    World world;
    world.Update({{"FRA", v1::NODE_STATE_READY}, {"NRT", v1::NODE_STATE_READY}}, kStart);
    world.Update({{"FRA", gone}, {"NRT", v1::NODE_STATE_READY}}, kStart + milliseconds(1000));
    // A further view must not prolong it.
    world.Update({{"FRA", gone}, {"NRT", v1::NODE_STATE_READY}}, kStart + milliseconds(1400));
    EXPECT_EQ(world.From("Berlin", kStart + milliseconds(1499)), "FRA");
    EXPECT_EQ(world.From("Berlin", kStart + milliseconds(1500)), "NRT");
    world.Update({{"FRA", v1::NODE_STATE_READY}, {"NRT", v1::NODE_STATE_READY}},
                 kStart + milliseconds(2000));
    EXPECT_EQ(world.From("Berlin", kStart + milliseconds(2000)), "FRA");
  }
}

TEST(Catchment, ForgetsANodeThatLeftTheView) {
  World world;
  world.Update({{"FRA", v1::NODE_STATE_READY}, {"NRT", v1::NODE_STATE_READY}}, kStart);
  world.Update({{"NRT", v1::NODE_STATE_READY}}, kStart);
  EXPECT_EQ(world.From("Berlin", kStart + milliseconds(499)), "FRA");
  EXPECT_EQ(world.From("Berlin", kStart + milliseconds(500)), "NRT");
}

TEST(Catchment, KeepsTheAnnouncementOfANodeThatSyncsAgain) {
  World world;
  world.Update({{"FRA", v1::NODE_STATE_READY}, {"NRT", v1::NODE_STATE_READY}}, kStart);
  world.Update({{"FRA", v1::NODE_STATE_SYNCING}, {"NRT", v1::NODE_STATE_READY}}, kStart);
  EXPECT_EQ(world.From("Berlin", kStart + milliseconds(5000)), "FRA");
}

TEST(Catchment, FindsNodesByNameAndAddressWhateverTheirState) {
  World world;
  world.Update({{"FRA", v1::NODE_STATE_DOWN}, {"NRT", v1::NODE_STATE_READY}}, kStart);
  ASSERT_NE(world.catchment.ByName("fra"), nullptr);
  EXPECT_EQ(world.catchment.ByName("fra")->id, "FRA");
  EXPECT_EQ(world.catchment.ByName("QQQ"), nullptr);
  EXPECT_EQ(world.catchment.ByAddress(*IpAddress::Parse("127.16.0.2"))->id, "NRT");
  EXPECT_EQ(world.catchment.ByAddress(*IpAddress::Parse("127.16.0.9")), nullptr);
}

TEST(Catchment, LeavesOutNodesItCannotUse) {
  World world;
  v1::View view;
  AddNode(view, "FRA", {IpAddress::V4(0x7f100001), 8080});
  AddNode(view, "NRT", {IpAddress::V4(0x7f100002), 8080});
  AddNode(view, "GRU", {IpAddress::V4(0x7f100003), 0});
  view.mutable_nodes(0)->mutable_info()->set_address("nowhere");
  view.mutable_nodes(1)->mutable_info()->set_latitude_deg(200);
  world.catchment.Update(view, kStart, &world.complaints);
  EXPECT_EQ(world.complaints.size(), 3u);
  EXPECT_EQ(world.From("Berlin", kStart), "");
}

}  // namespace
}  // namespace terrella::sim
