// The node's attendance over a transport that the test holds: fires once, answers again, filters
// that lapse.
#include "edge_node/control/event_agent.h"

#include <gtest/gtest.h>

namespace terrella::edge {
namespace {

struct FakeTransport final : EventTransport {
  void set_observer(Observer* o) override { observer = o; }
  void Open(bool) override { ++opened; }
  void Send(const v1::NodeEvent& event) override { sent.push_back(event); }
  size_t unsent() const override { return stuck ? 1000 : 0; }
  void Close() override {}

  Observer* observer = nullptr;
  int opened = 0;
  bool stuck = false;
  std::vector<v1::NodeEvent> sent;
};

struct FakeSide final : EventSide {
  void RunScheduled(ScheduledOrder order, std::function<void(ScheduledOutcome)> done) override {
    orders.push_back(std::move(order));
    running.push_back(std::move(done));
  }
  void SetTails(std::shared_ptr<const TailPlan> next) override { plan = std::move(next); }

  std::vector<ScheduledOrder> orders;
  std::vector<std::function<void(ScheduledOutcome)>> running;
  std::shared_ptr<const TailPlan> plan;
};

class EventAgentTest : public ::testing::Test {
 protected:
  EventAgentTest() {
    auto transport = std::make_unique<FakeTransport>();
    wire_ = transport.get();
    EventAgentLimits limits;
    limits.first_after = limits.backoff_min = std::chrono::milliseconds(1);
    limits.tail_every = std::chrono::milliseconds(5);
    agent_ = std::make_unique<EventAgent>(
        loop_,
        EventAgent::Options{.cluster = "test", .node = "FRA", .pop = "FRA", .limits = limits},
        std::move(transport), side_, ring_);
    agent_->Start();
    RunUntil([&] { return wire_->opened == 1; });
  }
  void RunUntil(const std::function<bool()>& condition) {
    const MonotonicTime end = loop_.Now() + std::chrono::seconds(20);
    while (!condition() && loop_.Now() < end) loop_.RunOnce();
    ASSERT_TRUE(condition());
  }
  void Fire(const std::string& id, uint32_t attempt = 1) {
    v1::NodeOrder order;
    order.mutable_fire()->set_fire_id(id);
    order.mutable_fire()->set_attempt(attempt);
    order.mutable_fire()->set_script("shop");
    order.mutable_fire()->set_cron("* * * * *");
    wire_->observer->OnOrder(order);
  }
  std::vector<v1::FireResult> Results() {
    std::vector<v1::FireResult> results;
    for (const v1::NodeEvent& event : wire_->sent) {
      if (event.has_fired()) results.push_back(event.fired());
    }
    return results;
  }
  void Tails(std::vector<std::string> sessions, uint32_t ttl_ms, const char* pop = "") {
    v1::NodeOrder order;
    order.mutable_tails()->set_ttl_ms(ttl_ms);
    for (const std::string& session : sessions) {
      v1::TailFilter& filter = *order.mutable_tails()->add_filters();
      filter.set_session(session);
      filter.set_script("shop");
      if (*pop != '\0') filter.add_pops(pop);
    }
    wire_->observer->OnOrder(order);
  }

  EventLoop loop_;
  FakeSide side_;
  TailRing ring_;
  FakeTransport* wire_ = nullptr;
  std::unique_ptr<EventAgent> agent_;
};

TEST_F(EventAgentTest, BeginsWithWhoItIs) {
  ASSERT_EQ(wire_->sent.size(), 1u);
  EXPECT_EQ(wire_->sent[0].attendance().node(), "FRA");
  EXPECT_EQ(wire_->sent[0].attendance().cluster(), "test");
}

TEST_F(EventAgentTest, RunsAFireOnceAndAnswersAgain) {
  Fire("f");
  Fire("f");
  ASSERT_EQ(side_.orders.size(), 1u);
  EXPECT_EQ(side_.orders[0].event.cron, "* * * * *");
  side_.running[0]({.kind = ScheduledOutcome::Kind::kFailed, .detail = "no", .no_retry = true});
  Fire("f");
  ASSERT_EQ(Results().size(), 2u);
  EXPECT_EQ(Results()[0].SerializeAsString(), Results()[1].SerializeAsString());
  EXPECT_EQ(Results()[0].outcome(), v1::FireResult::FAILED);
  EXPECT_TRUE(Results()[0].no_retry());
  EXPECT_EQ(side_.orders.size(), 1u);
  Fire("f", 2);  // another attempt is another run
  EXPECT_EQ(side_.orders.size(), 2u);
}

TEST_F(EventAgentTest, WhatWasNotRunMayBeOrderedAgain) {
  Fire("f");
  side_.running[0]({.kind = ScheduledOutcome::Kind::kAbsent});
  EXPECT_EQ(Results().at(0).outcome(), v1::FireResult::ABSENT);
  Fire("f");
  EXPECT_EQ(side_.orders.size(), 2u);
}

TEST_F(EventAgentTest, AnAnswerThatFoundNobodyIsGivenWhenAskedAgain) {
  Fire("f");
  wire_->observer->OnStreamClosed(absl::UnavailableError("gone"));
  side_.running[0]({.kind = ScheduledOutcome::Kind::kOk});
  EXPECT_TRUE(Results().empty());
  RunUntil([&] { return wire_->opened == 2; });
  Fire("f");
  ASSERT_EQ(Results().size(), 1u);
  EXPECT_EQ(Results()[0].outcome(), v1::FireResult::OK);
  EXPECT_EQ(side_.orders.size(), 1u);
}

TEST_F(EventAgentTest, FiltersLapseByThemselves) {
  Tails({"a", "b"}, 60'000);
  ASSERT_NE(side_.plan, nullptr);
  EXPECT_EQ(side_.plan->by_script.at("shop").size(), 2u);
  const auto kept = side_.plan->by_script.at("shop")[1];
  Tails({"b"}, 30);
  EXPECT_EQ(side_.plan->by_script.at("shop").at(0), kept);  // with its count
  RunUntil([&] { return side_.plan == nullptr; });
}

TEST_F(EventAgentTest, NoFilterNoPlan) {
  Tails({"a"}, 60'000);
  Tails({}, 60'000);
  EXPECT_EQ(side_.plan, nullptr);
  Tails({"a"}, 60'000, "SIN");  // of another place
  EXPECT_EQ(side_.plan, nullptr);
}

TEST_F(EventAgentTest, EventsAndDropsAreSentInBatches) {
  Tails({"a"}, 60'000);
  ring_.Push(v1::TailEvent());
  ring_.Push(v1::TailEvent());
  side_.plan->by_script.at("shop")[0]->CountDrop();
  RunUntil([&] { return wire_->sent.size() > 1; });
  const v1::TailBatch& batch = wire_->sent[1].tail();
  EXPECT_EQ(batch.events_size(), 2);
  ASSERT_EQ(batch.drops_size(), 1);
  EXPECT_EQ(batch.drops(0).session(), "a");
  EXPECT_EQ(batch.drops(0).events(), 1u);
}

TEST_F(EventAgentTest, AWireThatIsStuckGetsNoEvents) {
  Tails({"a"}, 60'000);
  wire_->stuck = true;
  ring_.Push(v1::TailEvent());
  const MonotonicTime end = loop_.Now() + std::chrono::milliseconds(50);
  while (loop_.Now() < end) loop_.RunOnce();
  EXPECT_EQ(wire_->sent.size(), 1u);
  wire_->stuck = false;
  RunUntil([&] { return wire_->sent.size() == 2; });
}

}  // namespace
}  // namespace terrella::edge
