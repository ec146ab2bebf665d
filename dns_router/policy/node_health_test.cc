#include "dns_router/policy/node_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace terrella::dns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NodeHealthTest : public ::testing::Test {
 protected:
  void Make(const NodeHealthOptions& options) {
    health_ = std::make_unique<NodeHealth>(options);
    Hear();
    Apply();
  }
  void Hear() { health_->Hear(view_, now_); }
  // Time passes and snapshots are made as a publisher would make them.
  void Pass(Duration time) {
    const MonotonicTime end = now_ + time;
    while (health_->due() && *health_->due() <= end) {
      now_ = std::max(now_, *health_->due());
      Apply();
    }
    now_ = end;
    Apply();
  }
  void Apply() {
    believed_ = view_;
    health_->Apply(believed_, now_);
    const bool ready = believed_.nodes[0].state == NodeState::kReady;
    changes_ += ready != was_ready_;
    was_ready_ = ready;
  }
  void Report(NodeState state) {
    view_.nodes[0].state = state;
    Hear();
    Apply();
  }
  void Probe(size_t node, std::string why_not) {
    health_->OnProbe(view_.nodes[node].id, now_, std::move(why_not), now_);
    Apply();
  }
  const NodeFacts& first() const { return believed_.nodes[0]; }

  TopologyView view_ = [] {
    TopologyView view;
    for (const char* id : {"FRA", "LHR", "JFK"}) {
      NodeFacts node;
      node.id = id;
      node.port = 80;
      node.state = NodeState::kReady;
      view.nodes.push_back(node);
    }
    return view;
  }();
  TopologyView believed_;
  MonotonicTime now_{seconds(1000)};
  std::unique_ptr<NodeHealth> health_;
  bool was_ready_ = true;
  int changes_ = 0;
};

TEST_F(NodeHealthTest, OneRestartCostsNothing) {
  Make({});
  Report(NodeState::kDown);
  EXPECT_EQ(first().state, NodeState::kDown) << "at once";
  Pass(seconds(2));
  Report(NodeState::kReady);
  EXPECT_EQ(first().state, NodeState::kReady) << "at once";
  EXPECT_EQ(first().ttl_s_max, 1u) << "but not for long";
  Pass(seconds(30));
  EXPECT_EQ(first().ttl_s_max, UINT32_MAX);
  EXPECT_FALSE(health_->due());
}

TEST_F(NodeHealthTest, ANodeThatFlapsEverySecondDoesNotFlapAnswers) {
  Make({});
  for (int i = 0; i < 300; ++i) {
    Report(NodeState::kDown);
    Pass(milliseconds(500));
    Report(NodeState::kReady);
    Pass(milliseconds(500));
  }
  EXPECT_LE(changes_, 6) << "of 600 reports";
  EXPECT_EQ(first().state, NodeState::kSyncing);
  EXPECT_EQ(first().reported, NodeState::kReady);
  EXPECT_THAT(first().health, ElementsAre(HasSubstr("kept out for")));
  Pass(seconds(61));
  EXPECT_EQ(first().state, NodeState::kReady) << "out for a minute at most";
  EXPECT_LE(changes_, 7);
}

TEST_F(NodeHealthTest, TheMoreFallsTheLongerANodeStaysOut) {
  Duration last{};
  for (const int falls : {2, 3, 4, 6, 10, 100}) {
    Make({});
    for (int i = 0; i < falls; ++i) {
      Report(NodeState::kDown);
      Pass(milliseconds(200));
      Report(NodeState::kReady);
      Pass(milliseconds(200));
    }
    const MonotonicTime back = now_;
    while (first().state != NodeState::kReady) Pass(milliseconds(100));
    const Duration out = now_ - back;
    if (falls == 2) {
      EXPECT_EQ(out, Duration::zero()) << "two in a second may be a restart that failed once";
    } else {
      EXPECT_GT(out, last) << falls;
    }
    EXPECT_LE(out, seconds(60));
    last = out;
  }
  EXPECT_GT(last, seconds(50));
}

TEST_F(NodeHealthTest, DrainingIsNoFall) {
  Make({});
  for (int i = 0; i < 20; ++i) {
    Report(NodeState::kDraining);
    EXPECT_EQ(first().state, NodeState::kDraining);
    Report(NodeState::kReady);
    EXPECT_EQ(first().state, NodeState::kReady);
  }
}

TEST_F(NodeHealthTest, ANodeThatDoesNotAnswerIsOutThoughTheControlPlaneCallsItReady) {
  Make({.probes = {.rise = 2, .fall = 3}, .probing = true});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(first().state, NodeState::kReady);
    Probe(0, "connection refused");
    now_ += seconds(2);
    Probe(1, "");
    Probe(2, "");
  }
  EXPECT_EQ(first().state, NodeState::kSyncing);
  EXPECT_THAT(first().health,
              ElementsAre(HasSubstr("3 or more failed in a row: connection refused")));
  EXPECT_EQ(believed_.nodes[1].state, NodeState::kReady);
  Probe(0, "");
  EXPECT_EQ(first().state, NodeState::kSyncing);
  Probe(0, "");
  EXPECT_EQ(first().state, NodeState::kReady);
}

TEST_F(NodeHealthTest, WhoHearsNobodyBelievesTheControlPlane) {
  Make({.probes = {.rise = 2, .fall = 3}, .probing = true});
  for (int i = 0; i < 3; ++i) {
    for (size_t node = 0; node < 3; ++node) Probe(node, "");
    now_ += seconds(2);
  }
  for (int i = 0; i < 50; ++i) {
    for (size_t node = 0; node < 3; ++node) Probe(node, "timed out");
    now_ += seconds(2);
  }
  for (const NodeFacts& node : believed_.nodes) EXPECT_EQ(node.state, NodeState::kReady) << node.id;
  // The network is back; the node that answers last is not blamed for what nobody could.
  Probe(1, "");
  Probe(2, "");
  EXPECT_EQ(first().state, NodeState::kReady);
  Probe(0, "");
  EXPECT_EQ(first().state, NodeState::kReady);
  EXPECT_EQ(changes_, 0);
}

TEST_F(NodeHealthTest, OneNodeThatAnswersConvictsNoMajority) {
  Make({.probes = {.rise = 2, .fall = 3}, .probing = true});
  NodeFacts more = view_.nodes[0];
  for (const char* id : {"CDG", "SIN"}) {
    more.id = id;
    view_.nodes.push_back(more);
  }
  Hear();
  const auto probe_all = [&](size_t good) {
    for (int i = 0; i < 10; ++i) {
      for (size_t n = 0; n < view_.nodes.size(); ++n) Probe(n, n < good ? "" : "timed out");
      now_ += seconds(2);
    }
  };
  probe_all(5);
  probe_all(1);
  for (const NodeFacts& node : believed_.nodes) EXPECT_EQ(node.state, NodeState::kReady) << node.id;
  probe_all(2);
  for (const NodeFacts& node : believed_.nodes) {
    const bool answers = node.id == "FRA" || node.id == "LHR";
    EXPECT_EQ(node.state, answers ? NodeState::kReady : NodeState::kSyncing)
        << node.id << ": two of the four others answer";
  }
}

TEST_F(NodeHealthTest, DampingKeepsOutHalfOfTheNodesAtMost) {
  Make({});
  for (int i = 0; i < 6; ++i) {
    for (NodeFacts& node : view_.nodes) node.state = NodeState::kDown;
    Hear();
    Pass(milliseconds(500));
    for (NodeFacts& node : view_.nodes) node.state = NodeState::kReady;
    Hear();
    Pass(milliseconds(500));
  }
  EXPECT_EQ(CountReady(believed_), 2u) << "of 3";
}

TEST_F(NodeHealthTest, ANodeThatNobodyCanProbeNeedNotAnswer) {
  view_.nodes[0].port = 0;
  Make({.probing = true});
  Report(NodeState::kDown);
  Report(NodeState::kReady);
  EXPECT_EQ(first().state, NodeState::kReady);
}

TEST_F(NodeHealthTest, ANodeThatWasDownMustAnswerBeforeItIsBelieved) {
  Make({.probes = {.rise = 2, .fall = 3}, .probing = true});
  Report(NodeState::kDown);
  Pass(seconds(1));
  Report(NodeState::kReady);
  EXPECT_EQ(first().state, NodeState::kSyncing);
  EXPECT_THAT(first().health, ElementsAre(HasSubstr("waiting until enough are answered")));
  Probe(0, "");
  Probe(0, "");
  EXPECT_EQ(first().state, NodeState::kReady);
}

TEST_F(NodeHealthTest, AnswersLiveNoLongerThanANodeInDoubt) {
  Make({.probes = {.rise = 2, .fall = 4}, .probe_interval = seconds(3), .probing = true});
  EXPECT_EQ(first().ttl_s_max, UINT32_MAX);
  const uint32_t expected_s[] = {9, 6, 3};  // interval times what is missing to the fall
  for (const uint32_t ttl_s : expected_s) {
    Probe(0, "timed out");
    EXPECT_EQ(first().ttl_s_max, ttl_s);
  }
  Probe(0, "");
  EXPECT_EQ(first().ttl_s_max, UINT32_MAX);
}

TEST_F(NodeHealthTest, ANodeThatIsBackGetsAGrowingShare) {
  Make({.warm_up = seconds(30), .warm_up_first = 0.1, .warm_up_steps = 10});
  EXPECT_EQ(first().warm_share, 1) << "a router that starts finds nodes that are warm";
  Report(NodeState::kDown);
  Pass(seconds(60));
  Report(NodeState::kReady);
  EXPECT_NEAR(first().warm_share, 0.1, 1e-9);
  double last = 0;
  int steps = 0;
  const MonotonicTime end = now_ + seconds(31);
  while (now_ < end) {
    Pass(milliseconds(100));
    EXPECT_GE(first().warm_share, last);
    steps += first().warm_share != last;
    last = first().warm_share;
  }
  EXPECT_EQ(last, 1);
  EXPECT_EQ(steps, 11);
  EXPECT_THAT(first().health, IsEmpty());
}

}  // namespace
}  // namespace terrella::dns
