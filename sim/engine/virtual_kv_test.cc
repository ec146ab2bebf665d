// Goal: in virtual time a node's copies of KV are what a live node's are.
#include "sim/engine/virtual_kv.h"

#include <gtest/gtest.h>

#include "sim/engine/engine.h"
#include "sim/ingress/test_world.h"
#include "sim/scenario/kv_results.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

TEST(VirtualKv, AReadWithoutACopyGoesToWhereKvIsKept) {
  VirtualKv kv(100ms);
  const auto first = kv.Get(1, 30s, 1s);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->answered, 1100ms);
  EXPECT_EQ(first->source.asked, 1050ms);
  EXPECT_EQ(kv.Get(1, 30s, 1050ms)->answered, 1100ms) << "it waits for the question under way";
  EXPECT_EQ(kv.Get(1, 30s, 1101ms)->answered, 1101ms) << "there is a copy";
  EXPECT_EQ(kv.Get(1, 30s, 30s)->answered, 30s);
  EXPECT_EQ(kv.Get(1, 30s, 31s)->answered, 31100ms) << "it is as old as the question";
}

TEST(VirtualKv, ANodeReadsItsOwnWrites) {
  VirtualKv kv(100ms);
  kv.Get(1, 30s, 1s);
  kv.Put(1, 77, 2s, {.acknowledged = 2100ms});
  EXPECT_EQ(kv.Get(1, 30s, 2050ms)->source.wrote, 0u) << "it is not acknowledged";
  const auto own = kv.Get(1, 30s, 2100ms);
  EXPECT_EQ(own->answered, 2100ms);
  EXPECT_EQ(own->source.wrote, 78u);
}

TEST(VirtualKv, AQuestionFromBeforeAWriteIsNoAnswerAfterIt) {
  VirtualKv kv(100ms);
  kv.Put(1, 77, 1s, {.acknowledged = 1100ms});
  kv.Get(1, 30s, 1020ms);  // lands at 1120
  EXPECT_EQ(kv.Get(1, 30s, 1110ms)->source.wrote, 78u);
  EXPECT_EQ(kv.Get(1, 30s, 1130ms)->source.wrote, 78u) << "what was asked before is no copy";
}

TEST(VirtualKv, OfItsOwnWritesThatOverlapNobodyKnowsTheLast) {
  VirtualKv kv(100ms);
  kv.Put(1, 77, 1s, {.acknowledged = 1100ms});
  kv.Put(1, 78, 1050ms, {.acknowledged = 1150ms});
  const auto read = kv.Get(1, 30s, 1200ms);
  EXPECT_EQ(read->answered, 1300ms);
  EXPECT_EQ(read->source.asked, 1250ms);
}

TEST(VirtualKv, WithNobodyToAskCopiesStillAnswer) {
  VirtualKv kv(100ms);
  kv.Get(1, 30s, 1s);
  EXPECT_TRUE(kv.Get(1, 30s, 2s, /*reachable=*/false));
  EXPECT_FALSE(kv.Get(2, 30s, 2s, /*reachable=*/false));
}

TEST(KvWrites, AQuestionSeesWhatWasWrittenBeforeIt) {
  const KvWrites writes({{1, 2s, 20}, {1, 1s, 10}, {2, 1s, 30}});
  EXPECT_EQ(writes.SeenBy(1, {.asked = 999ms}), 0u);
  EXPECT_EQ(writes.SeenBy(1, {.asked = 1s}), 11u);
  EXPECT_EQ(writes.SeenBy(1, {.asked = 3s}), 21u);
  EXPECT_EQ(writes.SeenBy(2, {.asked = 3s}), 31u);
  EXPECT_EQ(writes.SeenBy(3, {.asked = 3s}), 0u);
  EXPECT_EQ(writes.SeenBy(1, {.wrote = 5}), 5u);
}

class KvRunTest : public testing::Test {
 protected:
  KvRunTest() {
    scenario_.duration = 100s;
    scenario_.clients.rate_per_s = 200;
    scenario_.requests = {
        {.host = "ledger.edge.test",
         .kv = KvWorkload{.keys = 50, .zipf = 1, .write_share = 0.02, .cache_ttl = 30s}}};
    for (const char* name : {"Frankfurt", "Lagos", "Tokyo"}) {
      scenario_.clients.cities.push_back({TestWorld().places->Find(name)->city, 1});
    }
    for (const char* code : {"FRA", "JNB", "NRT"}) {
      options_.pops.push_back(*TestWorld().places->pops().Find(code));
    }
    options_.services = {{{.service_ms = {1}, .cpu_ms = 0.03F, .response_bytes = 200}}};
    options_.threads = 1;
  }
  Results Run() {
    auto results = RunVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_);
    CHECK(results.ok());
    return *std::move(results);
  }
  Scenario scenario_;
  EngineOptions options_;
};

TEST_F(KvRunTest, ReadsAreAsStaleAsTheirCopiesMayBeAndNoMore) {
  const Results results = Run();
  ASSERT_NE(results.kv(), nullptr);
  const KvSummary kv = results.kv()->Summarize();
  EXPECT_EQ(kv.reads + kv.writes, results.samples().size());
  EXPECT_NEAR(static_cast<double>(kv.writes), 400, 80);
  EXPECT_GT(kv.stale_share(), 0.05);
  EXPECT_GT(kv.stale_for_max, 20s);
  // A copy's age, and the way to it.
  EXPECT_LT(kv.stale_for_max, 31s);
  const auto stale = ParseAssertion("kv_stale_reads.Lagos < 1");
  ASSERT_TRUE(stale.ok());
  const double of_lagos = results.Value(*stale, scenario_);
  EXPECT_GT(of_lagos, 0);
  EXPECT_LT(of_lagos, static_cast<double>(kv.stale));
}

TEST_F(KvRunTest, WhereOneNodeServesAllNothingIsStale) {
  options_.pops.resize(1);
  EXPECT_EQ(Run().kv()->Summarize().stale, 0u);
}

TEST_F(KvRunTest, FarFromKvAReadWithoutACopyTakesLonger) {
  scenario_.requests[0].kv->keys = 100'000;
  scenario_.requests[0].kv->zipf = 0;  // hardly any copies
  const Results results = Run();
  // KV is kept at the first site, Frankfurt.
  EXPECT_LT(results.Value(Metric::kP50Ms, "Frankfurt"), 80);
  EXPECT_GT(results.Value(Metric::kP50Ms, "Tokyo"), 150);
}

TEST_F(KvRunTest, WithoutAControlPlaneCopiesAnswerAndWritesFail) {
  scenario_.timeline = {
      {.at = 50s, .action = TimelineEvent::Action::kKill, .target = kControlPlane}};
  const Results results = Run();
  uint64_t reads = 0, failed = 0;
  for (const Sample& sample : results.samples()) {
    EXPECT_TRUE(sample.due >= 49s || sample.failure == Failure::kNone);
    if (sample.due < 51s) continue;  // some are under way while it dies
    ++(sample.failure == Failure::kNone ? reads : failed);
    EXPECT_EQ(sample.status, sample.failure == Failure::kNone ? 200 : 500);
  }
  // Half a minute of copies that are young enough, then a quarter of none.
  EXPECT_GT(reads, 3000u);
  EXPECT_GT(failed, 3000u);
  for (const KvRecord& record : results.kv()->records()) {
    EXPECT_TRUE(!record.writes || record.sample.due < 51s) << record.number;
  }
  EXPECT_LT(results.kv()->Summarize().stale_for_max, 30s);
}

TEST_F(KvRunTest, ANodeThatDiesLosesNoWriteThatItAcknowledged) {
  scenario_.requests[0].kv->write_share = 0.5;
  scenario_.requests[0].kv->keys = 10'000;
  for (int i = 0; i < 20; ++i) {
    const auto at = [&](int step) { return std::chrono::seconds(4 * i + step); };
    scenario_.timeline.push_back(
        {.at = at(1), .action = TimelineEvent::Action::kKill, .target = "NRT"});
    scenario_.timeline.push_back(
        {.at = at(2), .action = TimelineEvent::Action::kStart, .target = "NRT"});
  }
  const auto lost = [](const Results& results) {
    size_t count = 0;
    for (const KvRecord& record : results.kv()->records()) {
      count += record.writes && results.kv()->WasLost(record);
    }
    return count;
  };
  EXPECT_EQ(lost(Run()), 0u);
  options_.times.kv_acks_early = true;
  EXPECT_GT(lost(Run()), 0u);
}

TEST_F(KvRunTest, TheNumberOfThreadsChangesNothing) {
  const Results one = Run();
  options_.threads = 3;
  const Results three = Run();
  ASSERT_EQ(one.kv()->records().size(), three.kv()->records().size());
  for (size_t i = 0; i < one.kv()->records().size(); ++i) {
    ASSERT_EQ(one.kv()->records()[i].saw, three.kv()->records()[i].saw) << i;
    ASSERT_EQ(one.kv()->records()[i].answered(), three.kv()->records()[i].answered()) << i;
  }
}

}  // namespace
}  // namespace terrella::sim
