// Chains over the world of fake_geography.h: W at -100, M at 0, E at 100; clients West, Middle,
// East.
#include "dns_router/policy/policy_chain.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/policy/snapshot.h"

namespace terrella::dns {
namespace {

SteeringPolicy Policy(std::initializer_list<const char*> steps) {
  SteeringPolicy policy{.names = {"hello.edge.test"}};
  for (const char* step : steps) policy.steps.push_back(*ParseStep(step));
  return policy;
}

std::shared_ptr<const Snapshot> Build(TopologyView view, SteeringPolicy policy,
                                      size_t addresses_max = 1) {
  SnapshotOptions options{.addresses_max = addresses_max};
  options.policies =
      std::make_shared<const std::vector<SteeringPolicy>>(std::vector{std::move(policy)});
  std::vector<std::string> ignored;
  return *Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
}

std::string Answer(const Snapshot& snapshot, const char* client,
                   const char* name = "hello.edge.test") {
  const SteeringChoice choice =
      snapshot.Choose(Name::Parse(name)->wire(), *IpAddress::Parse(client));
  std::string ids;
  for (const NodeIndex node : choice.chosen()) ids += snapshot.node(node).id;
  return ids;
}
constexpr const char *kWest = "10.0.0.1", *kMiddle = "20.0.0.1", *kEast = "30.1.0.1";

TEST(PolicyChain, StepsDoWhatTheySay) {
  const struct {
    const char* what;
    std::initializer_list<const char*> steps;
    const char *west, *middle, *east;
  } cases[] = {
      {"up alone is the nearest", {"up"}, "W", "M", "E"},
      {"first", {"up", "first 2"}, "WM", "ME", "EM"},
      {"only", {"up", "only M,E"}, "M", "M", "E"},
      {"latency within 99 ms: M is 100 from West",
       {"up", "latency 99.5", "first 3"},
       "W",
       "ME",
       "E"},
      {"latency within 100 ms", {"up", "latency 101", "first 3"}, "WM", "MEW", "EM"},
      {"failover keeps its own order", {"up", "failover E,W", "first 2"}, "EW", "EW", "EW"},
      {"latency behind failover restores distance",
       {"up", "failover E,W", "latency"},
       "W",
       "E",
       "E"},
      {"nobody of that name", {"up", "only X"}, "", "", ""},
      {"first in between cuts", {"up", "first 1", "failover E,W"}, "W", "", "E"},
  };
  for (const auto& c : cases) {
    const auto snapshot = Build(MakeThreeNodeView(), Policy(c.steps));
    EXPECT_EQ(Answer(*snapshot, kWest), c.west) << c.what;
    EXPECT_EQ(Answer(*snapshot, kMiddle), c.middle) << c.what;
    EXPECT_EQ(Answer(*snapshot, kEast), c.east) << c.what;
  }
}

// Middle and somewhere rank the nodes alike, but not at the same distances.
TEST(PolicyChain, KeepsLocationsOfOneRankingApartWhenDistanceCounts) {
  const auto name = *Name::Parse("hello.edge.test");
  const IpAddress client = *IpAddress::Parse(kMiddle);
  const auto near = Build(MakeThreeNodeView(), Policy({"up", "latency 99.5"}));
  const auto plain = Build(MakeThreeNodeView(), Policy({"up", "latency"}));
  EXPECT_EQ(near->Choose(name.wire(), client).scope_bits, 16);
  EXPECT_LT(plain->Choose(name.wire(), client).scope_bits, 16);
}

// Such chains are worked out once and not for every location.
TEST(PolicyChain, KnowsWhichChainsAreTheSameEverywhere) {
  const struct {
    std::initializer_list<const char*> steps;
    bool same;
  } cases[] = {
      {{"up"}, false},
      {{"up", "only M,E"}, false},
      {{"up", "failover E,W"}, true},
      {{"up", "failover E,W", "first 1"}, true},
      {{"up", "failover E,W", "latency"}, false},
      {{"up", "latency", "failover E,W"}, true},
      {{"up", "first 1", "failover E,W"}, false},
      {{"up", "geo", "failover E,W"}, false},
      {{"up", "only M,E", "weighted", "first 2"}, true},
      {{"up", "latency 20", "weighted"}, false},
  };
  for (const auto& c : cases) {
    const auto snapshot = Build(MakeThreeNodeView(), Policy(c.steps));
    const PolicyChain* chain = snapshot->ChainOf(Name::Parse("hello.edge.test")->wire());
    EXPECT_EQ(chain->is_same_everywhere(), c.same) << c.steps.begin()[c.steps.size() - 1];
  }
}

TEST(PolicyChain, GeoPrefersTheCountryThenTheContinent) {
  TopologyView view = MakeThreeNodeView();
  view.nodes[0].country = "Ea";  // E
  view.nodes[1].country = "Mi";  // M
  view.nodes[2].country = "We";  // W
  const auto snapshot = Build(view, Policy({"up", "geo", "first 3"}));
  EXPECT_EQ(Answer(*snapshot, kEast), "E");
  view.nodes[0].state = NodeState::kDown;
  EXPECT_EQ(Answer(*Build(view, Policy({"up", "geo", "first 3"})), kEast), "M");
  view.nodes[1].state = NodeState::kDown;
  EXPECT_EQ(Answer(*Build(view, Policy({"up", "geo", "first 3"})), kEast), "W");
}

TEST(PolicyChain, UpLooksOnlyAtThoseThatAreLeft) {
  TopologyView view = MakeThreeNodeView();
  view.nodes[0].state = NodeState::kDraining;  // E
  EXPECT_EQ(Answer(*Build(view, Policy({"up", "only E"})), kEast), "");
  EXPECT_EQ(Answer(*Build(view, Policy({"only E", "up"})), kEast), "E");
}

TEST(PolicyChain, FailsClosedOrToTheNearest) {
  TopologyView view = MakeThreeNodeView();
  view.nodes[0].state = NodeState::kDown;  // E
  SteeringPolicy policy = Policy({"up", "only E"});
  EXPECT_EQ(Answer(*Build(view, policy), kEast), "");
  policy.otherwise_nearest = true;
  EXPECT_EQ(Answer(*Build(view, policy), kEast), "M");
}

TEST(PolicyChain, AppliesToItsNamesAndTheNamesBelowItsWildcards) {
  SteeringPolicy policy = Policy({"up", "only E"});
  policy.names = {"hello.edge.test", "*.wild.edge.test"};
  const auto snapshot = Build(MakeThreeNodeView(), policy);
  EXPECT_EQ(Answer(*snapshot, kWest, "hello.edge.test"), "E");
  EXPECT_EQ(Answer(*snapshot, kWest, "a.b.wild.edge.test"), "E");
  EXPECT_EQ(Answer(*snapshot, kWest, "wild.edge.test"), "W");
  EXPECT_EQ(Answer(*snapshot, kWest, "deep.a.b.edge.test"), "W");
}

// Shares of 4,096 networks of one location.
std::map<std::string, int> Shares(const Snapshot& snapshot, std::map<uint32_t, std::string>* who) {
  std::map<std::string, int> shares;
  for (uint32_t i = 0; i < 4096; ++i) {
    const IpAddress client = IpAddress::V4(0x0a000000 + (i << 8));
    const std::string id = Answer(snapshot, client.ToString().c_str());
    ++shares[id];
    if (who != nullptr) (*who)[i] = id;
  }
  return shares;
}

TEST(PolicyChain, WeightedSharesFollowTheWeights) {
  SteeringPolicy policy = Policy({"up", "weighted"});
  policy.weights = {{"W", 6}, {"M", 2}, {"E", 0}};
  auto shares = Shares(*Build(MakeThreeNodeView(), policy), nullptr);
  EXPECT_NEAR(shares["W"], 3072, 120);  // four standard deviations
  EXPECT_NEAR(shares["M"], 1024, 120);
  EXPECT_EQ(shares["E"], 0);
}

TEST(PolicyChain, WeightedMovesOnlyTheNetworksOfANodeThatGoes) {
  std::map<uint32_t, std::string> before, after;
  const SteeringPolicy policy = Policy({"up", "weighted"});
  TopologyView view = MakeThreeNodeView();
  Shares(*Build(view, policy), &before);
  view.nodes[1].state = NodeState::kDown;  // M
  Shares(*Build(view, policy), &after);
  for (const auto& [network, id] : before) {
    if (id == "M") {
      EXPECT_NE(after[network], "M");
    } else {
      EXPECT_EQ(after[network], id);
    }
  }
}

TEST(PolicyChain, WeightedGivesANetworkOneAnswerAndTellsItsScope) {
  const auto snapshot = Build(MakeThreeNodeView(), Policy({"up", "weighted", "first 2"}));
  const auto choose = [&](const char* client) {
    return snapshot->Choose(Name::Parse("hello.edge.test")->wire(), *IpAddress::Parse(client));
  };
  EXPECT_EQ(Answer(*snapshot, "10.1.2.3"), Answer(*snapshot, "10.1.2.250"));
  EXPECT_EQ(Answer(*snapshot, "10.1.2.3").size(), 2u);
  EXPECT_EQ(choose("10.1.2.3").scope_bits, 24);
  EXPECT_EQ(choose("2001:db8:1::1").scope_bits, 48);
}

TEST(PolicyChain, ShedsClientsBetweenTheMarksAndNeverAllNodes) {
  const auto left_at = [](double load) {
    // Many locations, so that the share shed shows.
    std::vector<FakeGeography::Point> points;
    for (int i = 0; i < 1000; ++i) {
      points.push_back(
          {fmt::format("P{}", i), -90, {IpAddress::V4(0x0a000000u + (uint32_t(i) << 8)), 24}});
    }
    TopologyView view = MakeThreeNodeView();
    view.nodes[2].load = load;  // W
    SnapshotOptions options;
    options.policies = std::make_shared<const std::vector<SteeringPolicy>>(
        std::vector{Policy({"up", "shed 0.6 0.8"})});
    std::vector<std::string> ignored;
    const auto snapshot = *Snapshot::Build(view, std::make_shared<FakeGeography>(std::move(points)),
                                           options, nullptr, &ignored);
    int left = 0;
    for (LocationId location = 1; location <= 1000; ++location) {
      std::array<NodeIndex, 4> out;
      EXPECT_EQ(snapshot->ChainOf(Name::Parse("hello.edge.test")->wire())->Choose(location, 0, out),
                1u);
      left += snapshot->node(out[0]).id == "W";
    }
    return left;
  };
  EXPECT_EQ(left_at(0.6), 1000);
  EXPECT_NEAR(left_at(0.7), 500, 64);
  EXPECT_EQ(left_at(0.8), 0);
  TopologyView busy = MakeThreeNodeView();
  for (NodeFacts& node : busy.nodes) node.load = 1;
  EXPECT_EQ(Answer(*Build(busy, Policy({"up", "shed 0.6 0.8"})), kWest), "W");
}

TEST(PolicyChain, TellsWhyANodeIsNotAmongThoseLeft) {
  TopologyView view = MakeThreeNodeView();
  view.nodes[0].state = NodeState::kDraining;  // E
  const auto snapshot = Build(view, Policy({"up", "only W,E"}));
  const auto reasons =
      snapshot->ChainOf(Name::Parse("hello.edge.test")->wire())->ReasonsAt(1);  // West
  EXPECT_EQ(reasons, (std::vector<std::string>{"draining", "only: not one of these", ""}));
}

TEST(PolicyChain, WhomOnlyThisRouterKeepsOutServesBeforeThoseThatDrain) {
  TopologyView view = MakeThreeNodeView();
  const std::string kept_out(view.nodes[1].id);
  for (NodeFacts& node : view.nodes) node.state = NodeState::kDown;
  view.nodes[0].state = view.nodes[0].reported = NodeState::kDraining;
  view.nodes[1].state = NodeState::kSyncing;
  view.nodes[1].reported = NodeState::kReady;
  const auto snapshot = Build(view, Policy({"up"}));
  for (const char* client : {kWest, kMiddle, kEast}) {
    EXPECT_EQ(Answer(*snapshot, client), kept_out) << client;
  }
  std::vector<std::string> ignored;
  const auto plain = *Snapshot::Build(view, MakeThreePoints(), {}, nullptr, &ignored);
  EXPECT_EQ(Answer(*plain, kWest), kept_out) << "and without a policy";
}

}  // namespace
}  // namespace terrella::dns
