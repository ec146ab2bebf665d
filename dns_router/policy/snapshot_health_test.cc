// What health does to answers: shares while a node warms up, and how long answers live.
#include <gtest/gtest.h>

#include <map>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/policy/snapshot.h"

namespace terrella::dns {
namespace {

class SnapshotHealthTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Build(const SnapshotOptions& options = {}) {
    std::vector<std::string> ignored;
    auto snapshot = Snapshot::Build(view_, geography_, options, nullptr, &ignored);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return *std::move(snapshot);
  }
  // The node of each of many networks at one place.
  std::map<uint32_t, std::string> NodesOfNetworks(const Snapshot& snapshot) {
    std::map<uint32_t, std::string> nodes;
    for (uint32_t network = 0; network < 4096; ++network) {
      const IpAddress client = IpAddress::V4(block_ | network << 8 | 7);
      const SteeringChoice choice = snapshot.Choose(name_, client);
      EXPECT_EQ(choice.count, 1u);
      EXPECT_GE(choice.scope_bits, scope_min_);
      nodes[network] = snapshot.node(choice.nodes[0]).id;
    }
    return nodes;
  }
  NodeFacts& Nearest(const Snapshot& snapshot) {
    const IpAddress client = IpAddress::V4(block_ | 7);
    return view_.nodes[snapshot.Choose(name_, client).nodes[0]];
  }

  const std::shared_ptr<const Geography> geography_ = std::make_shared<FakeGeography>(
      std::vector<FakeGeography::Point>{{"Here", 10, *IpPrefix::Parse("10.0.0.0/8")},
                                        {"There", 30, *IpPrefix::Parse("11.0.0.0/8")}});
  TopologyView view_ = MakeThreeNodeView();
  const std::string name_ = std::string(Name::Parse("hello.edge.test")->wire());
  const uint32_t block_ = 0x0a000000;  // 10.0.0.0, "Here"
  int scope_min_ = 0;
};

TEST_F(SnapshotHealthTest, ANodeThatWarmsUpGetsItsShareOfNetworksAndKeepsThem) {
  NodeFacts& warming = Nearest(*Build());
  std::map<uint32_t, std::string> before;
  for (const double share : {0.1, 0.4, 0.7, 1.0}) {
    warming.warm_share = share;
    scope_min_ = share < 1 ? 24 : 0;
    const auto nodes = NodesOfNetworks(*Build({.warm_up_margin_ms = 1000}));
    size_t got = 0;
    for (const auto& [network, id] : nodes) {
      got += id == warming.id;
      if (!before.empty() && before[network] == warming.id) {
        EXPECT_EQ(id, warming.id) << network;
      }
    }
    EXPECT_NEAR(static_cast<double>(got) / 4096, share, 0.03);
    before = nodes;
  }
}

TEST_F(SnapshotHealthTest, ANodeWithNobodyNearItWarmsUpAlone) {
  NodeFacts& warming = Nearest(*Build());
  warming.warm_share = 0.1;
  for (const auto& [network, id] : NodesOfNetworks(*Build({.warm_up_margin_ms = 0.5}))) {
    ASSERT_EQ(id, warming.id) << network;
  }
}

TEST_F(SnapshotHealthTest, AnswersThatNameANodeInDoubtAreShort) {
  SnapshotOptions options;
  options.zone.steered_ttl_s = 30;
  NodeFacts& doubted = Nearest(*Build(options));
  const IpAddress client = IpAddress::V4(block_ | 7);
  EXPECT_EQ(Build(options)->Choose(name_, client).ttl_s, 30u);
  doubted.ttl_s_max = 4;
  EXPECT_EQ(Build(options)->Choose(name_, client).ttl_s, 4u);
  options.zone.steered_ttl_s = 2;
  EXPECT_EQ(Build(options)->Choose(name_, client).ttl_s, 2u) << "never longer than it would be";
  options.zone.steered_ttl_s = 30;
  doubted.state = NodeState::kDown;
  EXPECT_EQ(Build(options)->Choose(name_, client).ttl_s, 30u) << "another one is named";
}

}  // namespace
}  // namespace terrella::dns
