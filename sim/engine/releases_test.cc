// Goal: a version comes to a virtual network as it comes to a live one, and goes when it is worse.
#include "sim/engine/releases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bundle/rollout_plan.h"
#include "sim/engine/engine.h"
#include "sim/ingress/test_world.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Action = TimelineEvent::Action;

std::shared_ptr<const v1::RolloutPlan> PlanOf(const char* waves) {
  return std::make_shared<v1::RolloutPlan>(*bundle::ParseRolloutPlan(waves, "plan.toml"));
}
constexpr char kQuick[] = R"(bake = "4s"
[[waves]]
place = "FRA"
percent = 10
[[waves]]
place = "all"
percent = 50
)";

class ReleasesTest : public testing::Test {
 protected:
  ReleasesTest() {
    scenario_.duration = 20s;
    scenario_.clients.rate_per_s = 900;
    scenario_.requests = {{.host = "hello.edge.test"}};
    for (const char* name : {"Frankfurt", "Lagos", "Tokyo"}) {
      scenario_.clients.cities.push_back({TestWorld().places->Find(name)->city, 1});
    }
    for (const char* code : {"FRA", "JNB", "NRT"}) {
      options_.pops.push_back(*TestWorld().places->pops().Find(code));
    }
    options_.services = {{{.service_ms = {8}, .cpu_ms = 0.03F, .response_bytes = 200}}};
    options_.services.push_back(options_.services[0]);
    scenario_.timeline = {{.at = 2s,
                           .action = Action::kDeploy,
                           .target = "next.js",
                           .script = "hello",
                           .rollout = PlanOf(kQuick)}};
    options_.threads = 1;
  }
  ServiceProfile& next() { return options_.services[1][0]; }
  Results Run() {
    absl::StatusOr<Results> results =
        RunVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_);
    CHECK(results.ok());
    return *std::move(results);
  }
  // The first of that name.
  static const EventRecord* Find(const Results& results, std::string_view action) {
    for (const EventRecord& event : results.events()) {
      if (event.action == action) return &event;
    }
    return nullptr;
  }

  Scenario scenario_;
  EngineOptions options_;
};

constexpr uint16_t kOld = 1, kNew = 2;

TEST_F(ReleasesTest, AGoodVersionGoesFromWaveToWave) {
  const Results results = Run();
  std::vector<std::string> said;
  for (const EventRecord& event : results.events()) {
    if (event.action.starts_with(kRolloutAction)) said.push_back(event.detail);
  }
  EXPECT_THAT(said, testing::ElementsAre("FRA 10 %", "all 50 %", "all 100 %"));
  const Duration all = results.events().back().at;
  EXPECT_GT(all, 2s + 2 * 4s);
  EXPECT_LT(all, 2s + 2 * 4s + 1s);
  std::map<std::string, int> of_new, of_all;
  for (const Sample& sample : results.samples()) {
    if (sample.due > all + 500ms) {
      EXPECT_EQ(sample.version, kNew);
    } else if (sample.due > 2500ms && sample.due < 6s) {
      ++of_all[results.pops()[sample.pop]];
      of_new[results.pops()[sample.pop]] += sample.version == kNew;
    }
  }
  EXPECT_NEAR(of_new["FRA"], 0.1 * of_all["FRA"], 30);
  EXPECT_EQ(of_new["NRT"], 0);
}

TEST_F(ReleasesTest, ANodeThatIsCutOffGoesOnWithWhatItHad) {
  scenario_.timeline = {
      {.at = 2s, .action = Action::kPartition, .target = "FRA"},
      {.at = 2500ms, .action = Action::kDeploy, .target = "next.js", .script = "hello"},
      {.at = 8s, .action = Action::kRejoin, .target = "FRA"}};
  const Results results = Run();
  int old_at_fra = 0, new_elsewhere = 0;
  for (const Sample& sample : results.samples()) {
    if (sample.failure != Failure::kNone) continue;
    const bool fra = results.pops()[sample.pop] == "FRA";
    if (sample.due > 3s && sample.due < 4400ms) {
      EXPECT_EQ(sample.version, fra ? kOld : kNew) << results.pops()[sample.pop];
      (fra ? old_at_fra : new_elsewhere) += 1;
    } else if (sample.due > 9s) {
      EXPECT_EQ(sample.version, kNew);
    }
  }
  EXPECT_GT(old_at_fra, 100);  // until its lease is over
  EXPECT_GT(new_elsewhere, 100);
}

TEST_F(ReleasesTest, ABadVersionIsRolledBackAndNobodyGetsItAnyMore) {
  next().error_share = 0.3F;
  const Results results = Run();
  const EventRecord* back = Find(results, kRolledBack);
  ASSERT_NE(back, nullptr);
  EXPECT_THAT(back->detail, HasSubstr("errors"));
  // Some 30 requests a second are the new version's, and some 17 of them are enough.
  EXPECT_LT(results.RollbackMs(), 2500);
  int bad = 0;
  for (const Sample& sample : results.samples()) {
    if (sample.version != kNew) continue;
    bad += sample.failure == Failure::kStatus;
    EXPECT_EQ(results.pops()[sample.pop], "FRA");
    // The way to the node, and that of the order to it.
    EXPECT_LT(sample.due, back->at + options_.times.wave + 500ms);
  }
  EXPECT_GT(bad, 3);
  EXPECT_LT(bad, 60);
}

TEST_F(ReleasesTest, PartsOfPagesAreCountedAndServedAsOtherRequests) {
  scenario_.clients.rate_per_s = 100;
  scenario_.clients.sticky = true;
  scenario_.requests.push_back({.host = "hello.edge.test", .path = "/part", .weight = 0});
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 9}}}};
  for (auto& services : options_.services) services.push_back(services[0]);
  options_.services[1][1].error_share = 0.5F;
  const Results results = Run();
  const EventRecord* back = Find(results, kRolledBack);
  ASSERT_NE(back, nullptr) << "its documents are as good as ever";
  ASSERT_EQ(results.pages().size(), results.samples().size());
  ASSERT_EQ(results.phased().size(), results.samples().size()) << "documents keep their phases";
  int missing = 0, of_new = 0;
  for (const Sample& page : results.pages()) {
    of_new += page.version == kNew;
    missing += page.failure == Failure::kStatus;
    if (page.due > back->at + 2s) {
      EXPECT_EQ(page.failure, Failure::kNone);
    }
  }
  EXPECT_GT(missing, 0);
  EXPECT_GE(of_new + 3, missing) << "all parts of a page are of one version, for people with a key";
}

TEST_F(ReleasesTest, ASlowVersionIsRolledBack) {
  next().service_ms = {40};
  const Results results = Run();
  const EventRecord* back = Find(results, kRolledBack);
  ASSERT_NE(back, nullptr);
  EXPECT_THAT(back->detail, HasSubstr("p99"));
}

TEST_F(ReleasesTest, WhatOneVersionTooHasIsNoReasonToGoBack) {
  next().error_share = options_.services[0][0].error_share = 0.3F;
  EXPECT_EQ(Find(Run(), kRolledBack), nullptr);
}

TEST_F(ReleasesTest, APersonWithAKeyNeverGoesBackWhileTheShareGrows) {
  scenario_.clients.sticky = true;
  scenario_.clients.rate_per_s = 2000;
  const Results results = Run();
  // The same keys everywhere: a tenth of the people has all new answers of the first wave.
  std::map<std::pair<net::CityId, uint64_t>, bool> has_new;
  const auto pops = results.pops();
  Population population(scenario_, *TestWorld().places);
  int moved = 0;
  for (const Sample& sample : results.samples()) {
    const Arrival arrival = population.Next();
    if (sample.version == 0) continue;
    bool& seen = has_new[{sample.city, arrival.client}];
    // Answers overtake each other by a round trip at most where a wave comes.
    const bool is_new = sample.version == kNew;
    moved += is_new && !seen;
    EXPECT_TRUE(is_new || !seen) << arrival.number;
    seen |= is_new;
  }
  EXPECT_GT(moved, 100);
}

TEST_F(ReleasesTest, AnotherDeployIsRefusedWhileARolloutRuns) {
  scenario_.timeline.push_back(
      {.at = 4s, .action = Action::kDeploy, .target = "other.js", .script = "hello"});
  const Results results = Run();
  const EventRecord* refused = Find(results, "deploy other.js");
  ASSERT_NE(refused, nullptr);
  EXPECT_FALSE(refused->ok);
  EXPECT_THAT(refused->detail, HasSubstr("hello-r1 runs"));
  EXPECT_EQ(results.by_version().size(), 3u) << "nobody has the third version";
}

TEST_F(ReleasesTest, AWaveWaitsForANodeThatDied) {
  scenario_.timeline.push_back({.at = 3s, .action = Action::kKill, .target = "FRA"});
  scenario_.timeline.push_back({.at = 9s, .action = Action::kStart, .target = "FRA"});
  const Results results = Run();
  const EventRecord* second = Find(results, "rollout wave");
  ASSERT_NE(second, nullptr);
  EXPECT_GT(second->at, 9s + 4s) << "the bake begins when it is back";
}

TEST_F(ReleasesTest, WithoutAControlPlaneNothingMoves) {
  next().error_share = 0.3F;
  scenario_.timeline.push_back({.at = 2300ms, .action = Action::kKill, .target = kControlPlane});
  scenario_.timeline.push_back({.at = 10s, .action = Action::kStart, .target = kControlPlane});
  const Results results = Run();
  const EventRecord* back = Find(results, kRolledBack);
  ASSERT_NE(back, nullptr);
  EXPECT_GT(back->at, 10s);
}

TEST_F(ReleasesTest, OneWorkersRolloutLeavesAnotherAlone) {
  scenario_.requests.push_back({.host = "other.edge.test"});
  for (auto& services : options_.services) services.push_back(services[0]);
  next().error_share = 0.3F;
  const Results results = Run();
  ASSERT_NE(Find(results, kRolledBack), nullptr);
  Population population(scenario_, *TestWorld().places);
  for (const Sample& sample : results.samples()) {
    if (population.Next().request == 1) {
      EXPECT_EQ(sample.version, kOld);
    }
  }
}

TEST_F(ReleasesTest, TheNumberOfThreadsChangesNothing) {
  next().error_share = 0.05F;
  scenario_.clients.sticky = true;
  const Results one = Run();
  options_.threads = 3;
  const Results three = Run();
  ASSERT_EQ(one.samples().size(), three.samples().size());
  for (size_t i = 0; i < one.samples().size(); ++i) {
    ASSERT_EQ(one.samples()[i].felt, three.samples()[i].felt) << i;
    ASSERT_EQ(one.samples()[i].version, three.samples()[i].version) << i;
  }
  ASSERT_EQ(one.events().size(), three.events().size());
  for (size_t i = 0; i < one.events().size(); ++i) {
    EXPECT_EQ(one.events()[i].at, three.events()[i].at);
    EXPECT_EQ(one.events()[i].detail, three.events()[i].detail);
  }
}

}  // namespace
}  // namespace terrella::sim
