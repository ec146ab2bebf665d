#include "dns_router/view/explain.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"

namespace terrella::dns {
namespace {

absl::StatusOr<v1::ExplainResponse> Ask(const char* name, const char* place, const char* prefix,
                                        TopologyView view = MakeThreeNodeView()) {
  std::vector<std::string> ignored;
  const auto snapshot = Snapshot::Build(std::move(view), MakeThreePoints(), {}, nullptr, &ignored);
  v1::ExplainRequest request;
  request.set_name(name);
  if (place != nullptr) request.set_place(place);
  if (prefix != nullptr) request.set_prefix(prefix);
  return Explain(**snapshot, request);
}

TEST(Explain, ListsAllNodesWithTheirReasons) {
  TopologyView view = MakeThreeNodeView();
  view.nodes[2].state = NodeState::kDraining;  // W
  const auto answer = Ask("hello.edge.test", "West", nullptr, view);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->candidates_size(), 3);
  EXPECT_EQ(answer->candidates(0).node(), "W");
  EXPECT_EQ(answer->candidates(0).reason(), "draining");
  EXPECT_FALSE(answer->candidates(0).chosen());
  EXPECT_EQ(answer->candidates(1).node(), "M");
  EXPECT_EQ(answer->candidates(1).reason(), "nearest healthy");
  EXPECT_TRUE(answer->candidates(1).chosen());
  EXPECT_EQ(answer->candidates(2).reason(), "100.0 ms further");
  EXPECT_EQ(answer->client_place(), "West");
}

TEST(Explain, TellsWhatEachSourceSaysOfANodeKeptOut) {
  TopologyView view = MakeThreeNodeView();
  view.nodes[2].state = NodeState::kSyncing;  // W
  view.nodes[2].reported = NodeState::kReady;
  view.nodes[2].health = {"probes: 3 or more failed in a row: timed out"};
  view.nodes[2].load = 0.25;
  const auto answer = Ask("hello.edge.test", "West", nullptr, view);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const v1::Candidate& kept_out = answer->candidates(0);
  EXPECT_EQ(kept_out.reason(), "probes: 3 or more failed in a row: timed out");
  ASSERT_EQ(kept_out.health_size(), 2);
  EXPECT_EQ(kept_out.health(0), "control plane: ready");
  EXPECT_EQ(kept_out.load(), 0.25);
  EXPECT_EQ(answer->candidates(1).health_size(), 1);
}

TEST(Explain, TellsTheScopeOfAPrefix) {
  const auto answer = Ask("hello.edge.test", nullptr, "30.1.0.0/24");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->scope_bits(), 20u);
  EXPECT_EQ(answer->client_place(), "East");
  EXPECT_EQ(answer->candidates(0).node(), "E");
}

TEST(Explain, AnswersWhatIf) {
  std::vector<std::string> ignored;
  const auto snapshot =
      *Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), {}, nullptr, &ignored);
  v1::ExplainRequest request;
  request.set_name("hello.edge.test");
  request.set_place("West");
  request.add_down("W");
  const auto answer = Explain(*snapshot, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->candidates(0).reason(), "down");
  EXPECT_TRUE(answer->candidates(1).chosen());
  EXPECT_EQ(snapshot->node(2).state, NodeState::kReady);
  request.add_down("X");
  EXPECT_EQ(Explain(*snapshot, request).status().code(), absl::StatusCode::kNotFound);
}

TEST(Explain, NamesThePolicyAndWhatItTookAway) {
  SnapshotOptions options;
  options.policies = std::make_shared<const std::vector<SteeringPolicy>>(
      std::vector{SteeringPolicy{.names = {"hello.edge.test"},
                                 .steps = {*ParseStep("up"), *ParseStep("failover E,M")},
                                 .ttl_s = 30}});
  std::vector<std::string> ignored;
  const auto snapshot =
      *Snapshot::Build(MakeThreeNodeView(), MakeThreePoints(), options, nullptr, &ignored);
  v1::ExplainRequest request;
  request.set_name("hello.edge.test");
  request.set_prefix("10.1.2.0/24");
  const auto answer = Explain(*snapshot, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->ttl_s(), 30u);
  ASSERT_EQ(answer->policy_steps_size(), 2);
  EXPECT_EQ(answer->policy_steps(1), "failover E,M");
  EXPECT_EQ(answer->candidates(0).reason(), "failover: not one of these");
  EXPECT_EQ(answer->candidates(1).reason(), "behind those by policy");
  EXPECT_EQ(answer->candidates(2).reason(), "first by policy");
}

TEST(Explain, RefusesWhatItCannotExplain) {
  using absl::StatusCode;
  EXPECT_EQ(Ask("no.edge.test", "West", nullptr).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Ask("edge.test", "West", nullptr).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Ask("hello.edge.test", "Nowhere", nullptr).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Ask("hello.edge.test", nullptr, "x").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Ask("hello.edge.test", nullptr, nullptr).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Ask("a b", "West", nullptr).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace terrella::dns
