#include "control_plane/registry/node_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace terrella::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::NodeInfo Info(const std::string& id) {
  v1::NodeInfo info;
  info.set_id(id);
  info.set_pop(id);
  info.set_address("127.16.0.1");
  info.set_port(8080);
  return info;
}

class NodeRegistryTest : public ::testing::Test {
 protected:
  v1::NodeState State(const std::string& id) { return registry_.Find(id)->state(); }
  ManualClock clock_;
  NodeRegistry registry_{clock_, {.lease = seconds(3)}};
};

TEST_F(NodeRegistryTest, BecomesReadyWhenItAcknowledgesTheRevisionItMetOnConnecting) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 3, 7).ok());
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_SYNCING);
  registry_.Acknowledge("FRA", 6);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_SYNCING);
  registry_.Acknowledge("FRA", 7);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_READY);
  EXPECT_EQ(registry_.Find("FRA")->acked, 7u);
}

TEST_F(NodeRegistryTest, IsDownTheMomentItsStreamBreaksAndSyncsAgainAfterwards) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  registry_.Acknowledge("FRA", 0);
  ASSERT_EQ(State("FRA"), v1::NODE_STATE_READY);
  registry_.Disconnect("FRA");
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DOWN);
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 5).ok());
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_SYNCING);
}

TEST_F(NodeRegistryTest, HeartbeatsRenewTheLease) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  ASSERT_TRUE(registry_.Connect(Info("LHR"), 0, 0).ok());
  clock_.Advance(seconds(2));
  registry_.Heartbeat("FRA", {});
  clock_.Advance(milliseconds(999));
  EXPECT_THAT(registry_.Expired(), IsEmpty());
  EXPECT_EQ(*registry_.NextExpiry() - clock_.Now(), milliseconds(1));
  clock_.Advance(milliseconds(1));
  EXPECT_THAT(registry_.Expired(), ElementsAre("LHR"));
  registry_.Disconnect("LHR");
  EXPECT_THAT(registry_.Expired(), IsEmpty());
  EXPECT_EQ(*registry_.NextExpiry() - clock_.Now(), seconds(2));
}

TEST_F(NodeRegistryTest, LoadsOfAllNodesShowTogetherAndNotOftenerThanEverySecond) {
  v1::Heartbeat busy;
  busy.set_load(0.9);
  for (const char* id : {"FRA", "LHR", "JFK"}) {
    ASSERT_TRUE(registry_.Connect(Info(id), 0, 0).ok());
    registry_.Heartbeat(id, {});
  }
  clock_.Advance(seconds(1));
  const uint64_t before = registry_.changes();
  for (int i = 0; i < 20; ++i) {
    for (const char* id : {"FRA", "LHR", "JFK"}) {
      clock_.Advance(milliseconds(333));
      registry_.Heartbeat(id, busy);
    }
  }
  EXPECT_NEAR(registry_.Find("FRA")->load, 0.9, 0.06);
  EXPECT_EQ(registry_.Find("JFK")->load, registry_.Find("FRA")->load);
  EXPECT_LE(registry_.changes() - before, 21u) << "of 60 heartbeats";
  const uint64_t settled = registry_.changes();
  for (int i = 0; i < 60; ++i) {
    clock_.Advance(milliseconds(333));
    registry_.Heartbeat("FRA", busy);
  }
  EXPECT_EQ(registry_.changes(), settled);
  registry_.Disconnect("LHR");
  clock_.Advance(seconds(1));
  registry_.Heartbeat("FRA", busy);
  EXPECT_EQ(registry_.Find("LHR")->load, 0);
}

TEST_F(NodeRegistryTest, DrainsOnRequestAndOnItsOwnWord) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  registry_.Acknowledge("FRA", 0);
  registry_.SetDrain("FRA", true);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DRAINING);
  registry_.SetDrain("FRA", false);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_READY);
  v1::Heartbeat heartbeat;
  heartbeat.set_draining(true);
  registry_.Heartbeat("FRA", heartbeat);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DRAINING);
}

TEST_F(NodeRegistryTest, ADrainWishOutlivesAReconnectAndPrecedesTheNode) {
  registry_.SetDrain("FRA", true);
  EXPECT_EQ(registry_.Find("FRA"), nullptr);
  EXPECT_THAT(registry_.Nodes(), IsEmpty());
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DRAINING);
  registry_.Disconnect("FRA");
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DRAINING);
}

TEST_F(NodeRegistryTest, ACordonedNodeGetsNoNewClientsAlsoWhenItComesBack) {
  registry_.SetCordon("FRA", true);
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  registry_.Acknowledge("FRA", 0);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DRAINING);
  EXPECT_FALSE(registry_.Find("FRA")->drain_asked) << "the node itself is told nothing";
  registry_.SetCordon("FRA", false);
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_READY);
}

TEST_F(NodeRegistryTest, IsDrainedWhenNothingComesAndNothingIsLeft) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  registry_.Acknowledge("FRA", 0);
  v1::Heartbeat beat;
  registry_.Heartbeat("FRA", beat);
  registry_.SetDrain("FRA", true);
  EXPECT_FALSE(registry_.Find("FRA")->drained()) << "it has not said so";
  beat.set_draining(true);
  beat.set_in_flight(1);
  registry_.Heartbeat("FRA", beat);
  EXPECT_FALSE(registry_.Find("FRA")->drained());
  beat.set_in_flight(0);
  beat.add_scripts()->set_requests(1);
  registry_.Heartbeat("FRA", beat);
  EXPECT_FALSE(registry_.Find("FRA")->drained()) << "somebody came since";
  beat.clear_scripts();
  registry_.Heartbeat("FRA", beat);
  EXPECT_TRUE(registry_.Find("FRA")->drained());
  registry_.SetDrain("FRA", false);
  EXPECT_FALSE(registry_.Find("FRA")->drained());
}

TEST_F(NodeRegistryTest, AForgottenNodeIsNobodyUntilItConnects) {
  registry_.Remember(Info("FRA"));
  ASSERT_TRUE(registry_.AwaitsReturn());
  const uint64_t changes = registry_.changes();
  registry_.Forget("FRA");
  EXPECT_EQ(registry_.changes(), changes + 1);
  EXPECT_FALSE(registry_.AwaitsReturn());
  EXPECT_THAT(registry_.Nodes(), IsEmpty());
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_SYNCING);
}

TEST_F(NodeRegistryTest, CountsOnlyWhatAViewShows) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  registry_.Acknowledge("FRA", 0);
  uint64_t changes = registry_.changes();
  registry_.Heartbeat("FRA", {});
  registry_.Acknowledge("FRA", 9);
  EXPECT_EQ(registry_.changes(), changes);
  registry_.Disconnect("FRA");
  EXPECT_EQ(registry_.changes(), changes + 1);
  registry_.Disconnect("FRA");
  EXPECT_EQ(registry_.changes(), changes + 1);
}

TEST_F(NodeRegistryTest, AwaitsTheNodesItKnewBeforeARestart) {
  EXPECT_FALSE(registry_.AwaitsReturn());
  registry_.Remember(Info("FRA"));
  EXPECT_EQ(State("FRA"), v1::NODE_STATE_DOWN);
  EXPECT_TRUE(registry_.AwaitsReturn());
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 4, 4).ok());
  EXPECT_TRUE(registry_.AwaitsReturn());
  registry_.Acknowledge("FRA", 4);
  EXPECT_FALSE(registry_.AwaitsReturn());
}

TEST_F(NodeRegistryTest, SumsCountersUntilTheNodeRegistersAnew) {
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  v1::Heartbeat heartbeat;
  heartbeat.add_scripts()->set_requests(5);
  heartbeat.add_scripts()->set_errors(2);
  registry_.Heartbeat("FRA", heartbeat);
  registry_.Heartbeat("FRA", heartbeat);
  EXPECT_EQ(registry_.Find("FRA")->requests, 10u);
  EXPECT_EQ(registry_.Find("FRA")->errors, 4u);
  ASSERT_TRUE(registry_.Connect(Info("FRA"), 0, 0).ok());
  EXPECT_EQ(registry_.Find("FRA")->requests, 0u);
}

TEST_F(NodeRegistryTest, RefusesImpossibleNodes) {
  auto refused = [&](auto edit) {
    v1::NodeInfo info = Info("FRA");
    edit(info);
    return registry_.Connect(info, 0, 0).code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_id(""); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_id("a b"); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_id(std::string(65, 'a')); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_address("localhost"); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_port(0); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_port(70000); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_latitude_deg(91); }));
  EXPECT_TRUE(refused([](v1::NodeInfo& i) { i.set_longitude_deg(std::nan("")); }));
  EXPECT_THAT(registry_.Nodes(), IsEmpty());
}

}  // namespace
}  // namespace terrella::control
