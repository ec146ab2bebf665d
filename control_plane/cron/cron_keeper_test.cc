// Triggers over a clock moved by hand and a store in memory: what fires when, after which failures,
// and what a second process finds.
#include "control_plane/cron/cron_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "control_plane/store/memory_store.h"

namespace terrella::control {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct FakeNodes final : FireDispatcher {
  std::vector<std::string> Nodes() const override { return ids; }
  void Send(const std::string& node, const v1::Fire& fire) override {
    sent.push_back({node, fire});
  }
  // What came since the last look.
  std::vector<std::pair<std::string, v1::Fire>> Take() { return std::exchange(sent, {}); }

  std::vector<std::string> ids = {"FRA", "SIN", "IAD"};
  std::vector<std::pair<std::string, v1::Fire>> sent;
};

class CronKeeperTest : public ::testing::Test {
 protected:
  CronKeeperTest() {
    clock_.Advance(hours(24 * 365 * 50));  // midnight, some day
    Start();
  }
  void Start() {
    keeper_ = std::make_unique<CronKeeper>(clock_, store_, nodes_, CronLimits{.running_max = 2});
    ASSERT_TRUE(keeper_->Load().ok());
    keeper_->SetLeading(true);
  }
  void Advance(Duration by) {
    clock_.Advance(by);
    keeper_->Tick();
  }
  // Time passes in steps, as by a timer.
  void Walk(Duration by) {
    for (Duration done{}; done < by; done += seconds(1)) Advance(seconds(1));
  }
  void Answer(const std::pair<std::string, v1::Fire>& sent, v1::FireResult::Outcome outcome,
              bool no_retry = false) {
    v1::FireResult result;
    result.set_fire_id(sent.second.fire_id());
    result.set_attempt(sent.second.attempt());
    result.set_outcome(outcome);
    result.set_detail("as asked");
    result.set_no_retry(no_retry);
    keeper_->OnResult(sent.first, result);
  }
  v1::CronTrigger Row(const std::string& script = "a") {
    const v1::ListCronsResponse list = keeper_->List(script);
    return list.triggers_size() == 0 ? v1::CronTrigger() : list.triggers(0);
  }

  ManualClock clock_;
  MemoryStore store_;
  FakeNodes nodes_;
  std::unique_ptr<CronKeeper> keeper_;
};

TEST_F(CronKeeperTest, FiresOnceAtEachMoment) {
  keeper_->SetScript("a", {"*/5 * * * *"});
  EXPECT_EQ(*keeper_->NextWake(), clock_.WallNow() + minutes(5));
  Walk(minutes(5) - seconds(1));
  EXPECT_THAT(nodes_.Take(), IsEmpty());
  Walk(seconds(1));
  const auto sent = nodes_.Take();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].second.cron(), "*/5 * * * *");
  EXPECT_EQ(sent[0].second.attempt(), 1u);
  EXPECT_EQ(milliseconds(sent[0].second.scheduled_unix_ms()), clock_.WallNow().time_since_epoch());
  Answer(sent[0], v1::FireResult::OK);
  Walk(minutes(1));
  EXPECT_THAT(nodes_.Take(), IsEmpty());
  ASSERT_EQ(Row().runs_size(), 1);
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::OK);
  EXPECT_EQ(Row().runs(0).node(), sent[0].first);
  Walk(minutes(4));
  const auto again = nodes_.Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].first, sent[0].first);  // the node that is warm
  EXPECT_NE(again[0].second.fire_id(), sent[0].second.fire_id());
}

TEST_F(CronKeeperTest, TheStoreKnowsOfAFireBeforeANodeDoes) {
  keeper_->SetScript("a", {"* * * * *"});
  Walk(minutes(1));
  const auto sent = nodes_.Take();
  ASSERT_THAT(sent, SizeIs(1));
  Start();  // killed before any answer
  EXPECT_EQ(Row().runs(0).fire_id(), sent[0].second.fire_id());
  Walk(seconds(1));
  EXPECT_THAT(nodes_.Take(), IsEmpty());  // the node may still say how it ended
  Walk(seconds(2));
  const auto again = nodes_.Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].first, sent[0].first);
  EXPECT_EQ(again[0].second.SerializeAsString(), sent[0].second.SerializeAsString());
}

TEST_F(CronKeeperTest, AFailureIsTriedAgainLaterAndElsewhere) {
  keeper_->SetScript("a", {"0 * * * *"});
  Walk(hours(1));
  auto sent = nodes_.Take();
  ASSERT_THAT(sent, SizeIs(1));
  std::vector<std::string> tried = {sent[0].first};
  Answer(sent[0], v1::FireResult::FAILED);
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::WAITING);
  for (const Duration pause : {seconds(10), seconds(60)}) {
    Walk(pause - seconds(1));
    EXPECT_THAT(nodes_.Take(), IsEmpty());
    Walk(seconds(2));
    sent = nodes_.Take();
    ASSERT_THAT(sent, SizeIs(1));
    tried.push_back(sent[0].first);
    Answer(sent[0], v1::FireResult::FAILED);
  }
  std::sort(tried.begin(), tried.end());
  EXPECT_THAT(tried, ElementsAre("FRA", "IAD", "SIN"));
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::FAILED);
  EXPECT_EQ(Row().runs(0).attempts(), 3u);
  EXPECT_EQ(Row().runs(0).detail(), "as asked");
  Walk(minutes(10));
  EXPECT_THAT(nodes_.Take(), IsEmpty());
}

TEST_F(CronKeeperTest, NoRetryIsHeeded) {
  keeper_->SetScript("a", {"0 * * * *"});
  Walk(hours(1));
  Answer(nodes_.Take().at(0), v1::FireResult::FAILED, true);
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::FAILED);
  EXPECT_EQ(Row().runs(0).attempts(), 1u);
}

TEST_F(CronKeeperTest, ALostNodesRunGoesToItAgainWhenItIsBack) {
  keeper_->SetScript("a", {"0 * * * *"});
  Walk(hours(1));
  const auto sent = nodes_.Take();
  ASSERT_THAT(sent, SizeIs(1));
  keeper_->OnNodeLost(sent[0].first);
  const std::vector<std::string> all = nodes_.ids;
  // Back within the patience: the very same order, which the node knows.
  Walk(seconds(3));
  auto again = nodes_.Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].second.SerializeAsString(), sent[0].second.SerializeAsString());
  // Not back: another node.
  std::erase(nodes_.ids, sent[0].first);
  keeper_->OnNodeLost(sent[0].first);
  Walk(seconds(3));
  again = nodes_.Take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_NE(again[0].first, sent[0].first);
  EXPECT_EQ(again[0].second.attempt(), 1u);
  Answer(again[0], v1::FireResult::OK);
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::OK);
}

TEST_F(CronKeeperTest, AnAnswerOfALostNodeCounts) {
  keeper_->SetScript("a", {"0 * * * *"});
  Walk(hours(1));
  const auto sent = nodes_.Take();
  keeper_->OnNodeLost(sent.at(0).first);
  Answer(sent[0], v1::FireResult::OK);
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::OK);
  Walk(minutes(1));
  EXPECT_THAT(nodes_.Take(), IsEmpty());
}

TEST_F(CronKeeperTest, AfterAnOutageTheLatestMomentRunsOnce) {
  keeper_->SetScript("a", {"*/10 * * * *"});
  keeper_->SetScript("b", {"0 0 * * *"});
  keeper_.reset();
  clock_.Advance(minutes(45));
  Start();
  Walk(seconds(1));
  auto sent = nodes_.Take();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(milliseconds(sent[0].second.scheduled_unix_ms()),
            (clock_.WallNow() - minutes(5) - seconds(1)).time_since_epoch());
  EXPECT_EQ(Row().missed(), 3u);
  Answer(sent[0], v1::FireResult::OK);
  // Beyond the bound nothing is made up for.
  keeper_.reset();
  clock_.Advance(hours(24));
  Start();
  Walk(seconds(1));
  sent = nodes_.Take();
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[0].second.script(), "a");  // ten minutes ago at most
  EXPECT_EQ(sent[1].second.script(), "b");  // 45 minutes ago
  Answer(sent[1], v1::FireResult::OK);
  keeper_.reset();
  clock_.Advance(hours(25));  // now the last midnight is an hour and three quarters ago
  Start();
  Walk(seconds(1));
  for (const auto& [node, fire] : nodes_.Take()) EXPECT_EQ(fire.script(), "a");
  EXPECT_EQ(Row("b").missed(), 1u);
  EXPECT_GT(milliseconds(Row("b").next_unix_ms()), clock_.WallNow().time_since_epoch());
}

TEST_F(CronKeeperTest, WithoutNodesItWaitsAndGivesUpInTheEnd) {
  nodes_.ids.clear();
  keeper_->SetScript("a", {"0 12 * * *"});
  Walk(hours(12) + minutes(2));
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::WAITING);
  Walk(hours(1));
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::FAILED);
  EXPECT_EQ(Row().runs(0).detail(), "no node could run it");
}

TEST_F(CronKeeperTest, TooManyAtOnceAreSkipped) {
  keeper_->SetScript("a", {"* * * * *"});
  Walk(minutes(3));
  EXPECT_THAT(nodes_.Take(), SizeIs(2));
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::SKIPPED);
}

TEST_F(CronKeeperTest, ANodeThatNeverAnswersIsGivenUp) {
  keeper_->SetScript("a", {"0 * * * *"});
  Walk(hours(1));
  EXPECT_THAT(nodes_.Take(), SizeIs(1));
  Walk(minutes(17));
  EXPECT_EQ(Row().runs(0).state(), v1::CronRun::FAILED);
}

TEST_F(CronKeeperTest, AScriptThatIsGoneHasNoTriggers) {
  keeper_->SetScript("a", {"* * * * *", "0 0 * * *", "never mind"});
  EXPECT_EQ(keeper_->List("a").triggers_size(), 2);
  keeper_->SetScript("a", {"0 0 * * *"});
  ASSERT_EQ(keeper_->List("a").triggers_size(), 1);
  keeper_->SetScript("a", {});
  Start();
  EXPECT_EQ(keeper_->List("").triggers_size(), 0);
  Walk(minutes(2));
  EXPECT_THAT(nodes_.Take(), IsEmpty());
}

TEST_F(CronKeeperTest, OfTwoThatLeadOnlyOneFires) {
  keeper_->SetScript("a", {"0 * * * *"});
  FakeNodes others;
  CronKeeper other(clock_, store_, others);
  ASSERT_TRUE(other.Load().ok());
  other.Tick();
  EXPECT_EQ(other.NextWake(), std::nullopt);  // it does not lead
  other.SetLeading(true);
  Walk(hours(1));
  EXPECT_THAT(nodes_.Take(), SizeIs(1));
  other.Tick();
  clock_.Advance(seconds(5));
  other.Tick();
  EXPECT_THAT(others.Take(), IsEmpty());
}

}  // namespace
}  // namespace terrella::control
