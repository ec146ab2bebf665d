// Goal: what is said of a run under way is what its report would say if it ended now, and nothing
// is said of what nobody can know yet.
#include "sim/report/live_judge.h"

#include <gtest/gtest.h>

#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class LiveJudgeTest : public testing::Test {
 protected:
  LiveJudgeTest() {
    scenario_.duration = 10s;
    scenario_.timeline = {
        {.at = 5s, .action = TimelineEvent::Action::kKill, .target = "FRA", .phase = "dark"}};
  }
  void Add(Duration due, Duration felt, Failure failure = Failure::kNone) {
    results_.Add({.due = due,
                  .felt = felt,
                  .city = places_->Find("Lagos")->city,
                  .pop = failure == Failure::kNone ? results_.PopIndex("FRA") : uint16_t{0},
                  .version = results_.VersionIndex("v1"),
                  .failure = failure});
  }
  void Assert(std::string_view text) { scenario_.assertions.push_back(*ParseAssertion(text)); }
  // "holds", "fails", "" when it is not known.
  static std::vector<std::string> Words(const std::vector<AssertionRow>& rows) {
    std::vector<std::string> out;
    for (const AssertionRow& row : rows) {
      out.push_back(row.skipped ? "" : row.holds ? "holds" : "fails");
    }
    return out;
  }
  using Said = std::vector<std::string>;

  std::shared_ptr<const net::Places> places_ = TestWorld();
  Results results_{places_};
  Scenario scenario_;
};

TEST_F(LiveJudgeTest, WhatIsNotKnownYetIsNotJudged) {
  for (const char* text : {"errors < 1%", "requests < 1", "p95_ms@dark < 100", "requests@dark > 0",
                           "p50_ms.Berlin < 100", "failover_ms < 100", "rollback_ms < 100"}) {
    Assert(text);
  }
  EXPECT_EQ(Words(JudgeSoFar(scenario_, results_, 1s, nullptr)), Said(7, ""));
  Add(1s, 20ms);
  EXPECT_EQ(Words(JudgeSoFar(scenario_, results_, 2s, nullptr)),
            (Said{"holds", "fails", "", "", "", "", ""}));
  Add(6s, 0ms, Failure::kConnect);
  results_.AddEvent({.at = 5s, .action = "kill FRA", .target = "FRA"});
  EXPECT_EQ(Words(JudgeSoFar(scenario_, results_, 6s, nullptr)),
            (Said{"fails", "fails", "", "holds", "", "fails", ""}));
}

TEST_F(LiveJudgeTest, ABaselineIsComparedWithWhenThereIsOne) {
  Assert("p95_ms < baseline * 1.1");
  Add(1s, 20ms);
  EXPECT_EQ(Words(JudgeSoFar(scenario_, results_, 2s, nullptr)), Said{""});
}

// Shown piece by piece, while it is being judged.
TEST_F(LiveJudgeTest, InTheEndItSaysWhatTheReportSays) {
  for (const char* text : {"errors < 10%", "p95_ms@dark < 100", "p95_ms@start < 100",
                           "error_count@dark == 12", "requests.pop:FRA == 900"}) {
    Assert(text);
  }
  LiveJudge judge(scenario_, places_, std::nullopt, {.rest_min = 1ms});
  EXPECT_EQ(judge.standing(), nullptr);
  const std::vector<KvRecord> no_kv;
  for (int i = 0; i < 1000; ++i) {
    Add(i * 10ms, i < 500 ? 20ms : 200ms, i % 10 == 3 ? Failure::kTimeout : Failure::kNone);
    if (i == 500) results_.AddEvent({.at = 5s, .action = "kill FRA", .target = "FRA"});
    if (i % 7 == 0) judge.Look(results_, no_kv, i * 10ms);
  }
  std::shared_ptr<const LiveJudge::Standing> standing;
  const MonotonicTime deadline = SystemClock().Now() + 20s;
  while ((standing == nullptr || standing->requests < 1000) && SystemClock().Now() < deadline) {
    judge.Look(results_, no_kv, 10s);
    std::this_thread::sleep_for(1ms);
    standing = judge.standing();
  }
  ASSERT_NE(standing, nullptr);
  ASSERT_EQ(standing->requests, 1000u);
  const Report report = MakeReport(scenario_, results_);
  ASSERT_EQ(standing->assertions.size(), report.assertions.size());
  for (size_t i = 0; i < report.assertions.size(); ++i) {
    EXPECT_EQ(standing->assertions[i].actual, report.assertions[i].actual) << i;
    EXPECT_EQ(standing->assertions[i].holds, report.assertions[i].holds) << i;
    EXPECT_FALSE(standing->assertions[i].skipped) << i;
  }
  EXPECT_EQ(Words(standing->assertions), (Said{"fails", "fails", "holds", "fails", "holds"}));
}

TEST_F(LiveJudgeTest, EndsWhileItRests) {
  Assert("errors < 10%");
  LiveJudge judge(scenario_, places_, std::nullopt, {.rest_min = 1h});
  Add(1s, 20ms);
  do {
    judge.Look(results_, {}, 2s);
    std::this_thread::sleep_for(1ms);
  } while (judge.standing() == nullptr);
}

}  // namespace
}  // namespace terrella::sim
