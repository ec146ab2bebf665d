// Ranking and steering: who is nearest, who is chosen, and what a change of the view costs.
#include "dns_router/policy/ranking.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"
#include "dns_router/policy/snapshot.h"
#include "dns_router/policy/steering.h"

namespace terrella::dns {
namespace {

std::vector<NodeIndex> ToVector(std::span<const NodeIndex> nodes) {
  return {nodes.begin(), nodes.end()};
}

std::shared_ptr<const Snapshot> Build(TopologyView view, size_t addresses_max = 1) {
  std::vector<std::string> ignored;
  SnapshotOptions options;
  options.addresses_max = addresses_max;
  auto snapshot = Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *snapshot;
}

constexpr LocationId kWest = 1, kMiddle = 2, kEast = 3;

TEST(Ranking, OrdersNodesByRoundTripTimeAtEveryLocation) {
  const auto geography = MakeThreePoints();
  const auto view = MakeThreeNodeView();
  const auto ranking = Ranking::Build(*geography, view.nodes, nullptr);
  EXPECT_EQ(ToVector(ranking->At(kWest)), (std::vector<NodeIndex>{2, 1, 0}));
  EXPECT_EQ(ToVector(ranking->At(kMiddle)), (std::vector<NodeIndex>{1, 0, 2}));
  EXPECT_EQ(ToVector(ranking->At(kEast)), (std::vector<NodeIndex>{0, 1, 2}));
  EXPECT_DOUBLE_EQ(ranking->RttMs(kWest, 0), 200);
}

TEST(Ranking, GivesTiesToTheFirstNode) {
  const auto geography = MakeThreePoints();
  const std::vector<NodeFacts> nodes = {MakeNode("A", 50, "127.0.0.1"),
                                        MakeNode("B", 50, "127.0.0.2")};
  const auto ranking = Ranking::Build(*geography, nodes, nullptr);
  for (LocationId i = 0; i < geography->location_count(); ++i) EXPECT_EQ(ranking->At(i)[0], 0);
}

TEST(Ranking, ComputesOnlyTheColumnsOfNewNodes) {
  const auto geography = MakeThreePoints();
  auto nodes = MakeThreeNodeView().nodes;
  const auto first = Ranking::Build(*geography, nodes, nullptr);
  EXPECT_EQ(geography->columns_built, 3);

  nodes[1].state = NodeState::kDown;
  EXPECT_EQ(Ranking::Build(*geography, nodes, first), first);

  nodes.insert(nodes.begin(), MakeNode("A", 2, "127.0.0.9"));
  const auto second = Ranking::Build(*geography, nodes, first);
  EXPECT_EQ(geography->columns_built, 4);
  EXPECT_EQ(second->At(kMiddle)[0], 0);
  EXPECT_EQ(ToVector(second->At(kMiddle)),
            ToVector(Ranking::Build(*geography, nodes, nullptr)->At(kMiddle)));
}

TEST(Ranking, ForgetsWhereANodeWasWhenItMoves) {
  const auto geography = MakeThreePoints();
  auto nodes = MakeThreeNodeView().nodes;
  const auto first = Ranking::Build(*geography, nodes, nullptr);
  nodes[0].longitude_deg = -101;  // E goes west
  const auto second = Ranking::Build(*geography, nodes, first);
  EXPECT_EQ(second->At(kEast)[0], 1);
}

struct ChoiceCase {
  const char* what;
  NodeState east, middle, west;
  std::vector<NodeIndex> chosen_in_the_east;  // of two
};

TEST(Steering, ChoosesReadyNodesAndOthersOnlyWhenNoneIs) {
  using enum NodeState;
  const ChoiceCase cases[] = {
      {"all ready: the two nearest", kReady, kReady, kReady, {0, 1}},
      {"a draining node is passed over", kDraining, kReady, kReady, {1, 2}},
      {"a syncing node is passed over", kSyncing, kReady, kReady, {1, 2}},
      {"a down node is passed over", kDown, kReady, kReady, {1, 2}},
      {"an unknown state is passed over", kUnknown, kReady, kReady, {1, 2}},
      {"one ready node far away beats others near", kDraining, kSyncing, kReady, {2}},
      {"nobody ready: draining and syncing count", kDraining, kSyncing, kDown, {0, 1}},
      {"everybody down: nobody", kDown, kDown, kDown, {}},
  };
  for (const ChoiceCase& c : cases) {
    SCOPED_TRACE(c.what);
    TopologyView view = MakeThreeNodeView();
    view.nodes[0].state = c.east;
    view.nodes[1].state = c.middle;
    view.nodes[2].state = c.west;
    const auto snapshot = Build(std::move(view), 2);
    EXPECT_EQ(ToVector(snapshot->steering().ChosenAt(kEast)), c.chosen_in_the_east);
  }
}

TEST(Snapshot, RefusesMoreNodesThanItsLimit) {
  TopologyView view = MakeThreeNodeView();
  SnapshotOptions options;
  options.limits.nodes_max = 2;
  std::vector<std::string> ignored;
  const auto snapshot =
      Snapshot::Build(std::move(view), MakeThreePoints(), options, nullptr, &ignored);
  EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace terrella::dns
