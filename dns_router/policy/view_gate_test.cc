// When a view is believed: at once on an unbroken stream, later when a restarted control plane has
// not met its nodes again.
#include "dns_router/policy/view_gate.h"

#include <gtest/gtest.h>

#include "dns_router/policy/fake_geography.h"

namespace terrella::dns {
namespace {

using std::chrono::seconds;

TopologyView WithReady(size_t ready, uint64_t serial = 1) {
  TopologyView view;
  view.serial = serial;
  for (size_t i = 0; i < 3; ++i) {
    view.nodes.push_back(MakeNode(std::to_string(i), 0, "127.0.0.1",
                                  i < ready ? NodeState::kReady : NodeState::kDown));
  }
  return view;
}

class ViewGateTest : public testing::Test {
 protected:
  // The serial of the view that passes now; 0 when none does.
  uint64_t Taken() {
    const auto view = gate_.Take(clock_.Now());
    return view ? view->serial : 0;
  }
  ManualClock clock_;
  ViewGate gate_{seconds(3)};
};

TEST_F(ViewGateTest, PassesTheFirstViewEverAtOnce) {
  gate_.Offer(WithReady(0, 1), true, clock_.Now());
  EXPECT_EQ(Taken(), 1u);
  EXPECT_EQ(Taken(), 0u);
}

TEST_F(ViewGateTest, BelievesBadNewsOnAnUnbrokenStream) {
  gate_.Offer(WithReady(3, 1), true, clock_.Now());
  EXPECT_EQ(Taken(), 1u);
  gate_.Offer(WithReady(0, 2), false, clock_.Now());
  EXPECT_EQ(Taken(), 2u);
}

TEST_F(ViewGateTest, DoubtsAWorseViewAfterAReconnectionForTheHold) {
  gate_.Offer(WithReady(3, 1), true, clock_.Now());
  EXPECT_EQ(Taken(), 1u);
  gate_.Offer(WithReady(0, 2), true, clock_.Now());
  EXPECT_EQ(Taken(), 0u);
  clock_.Advance(seconds(2));
  gate_.Offer(WithReady(1, 3), false, clock_.Now());  // does not start the hold again
  EXPECT_EQ(Taken(), 0u);
  ASSERT_TRUE(gate_.due().has_value());
  EXPECT_EQ(*gate_.due() - clock_.Now(), seconds(1));
  clock_.Advance(seconds(1));
  EXPECT_EQ(Taken(), 3u);
  EXPECT_FALSE(gate_.due().has_value());
}

TEST_F(ViewGateTest, EndsTheHoldWhenTheNodesAreBack) {
  gate_.Offer(WithReady(3, 1), true, clock_.Now());
  EXPECT_EQ(Taken(), 1u);
  gate_.Offer(WithReady(0, 2), true, clock_.Now());
  clock_.Advance(seconds(1));
  gate_.Offer(WithReady(3, 3), false, clock_.Now());
  EXPECT_EQ(Taken(), 3u);
  gate_.Offer(WithReady(2, 4), false, clock_.Now());
  EXPECT_EQ(Taken(), 4u);
}

}  // namespace
}  // namespace terrella::dns
