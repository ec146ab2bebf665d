// Goal: a node waits for an origin as long as its distance and its thought, and its worker answers
// as it does when an origin fails.
#include "sim/engine/virtual_origins.h"

#include <gtest/gtest.h>

#include "sim/engine/engine.h"
#include "sim/engine/sampled_run.h"
#include "sim/ingress/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class VirtualOriginsTest : public testing::Test {
 protected:
  VirtualOriginsTest() {
    const auto city = [](const char* name) { return TestWorld().places->Find(name)->city; };
    scenario_.duration = 20s;
    scenario_.clients.rate_per_s = 50;
    scenario_.clients.cities = {{city("Tokyo"), 1}};
    scenario_.origins = {
        {.host = "api.example", .city = "Frankfurt", .at = city("Frankfurt"), .think_ms = 40}};
    scenario_.requests = {{.host = "shop.edge.test", .origins = {0}}};
    options_.services = {{{.service_ms = {0.3F}, .cpu_ms = 0.03F, .response_bytes = 200}}};
    options_.services[0][0].on_error = {.ms = 0.2F, .response_bytes = 90, .status = 502};
    options_.services[0][0].on_refusal = {.ms = 0.2F, .response_bytes = 90, .status = 503};
    options_.pops = {*TestWorld().places->pops().Find("NRT")};
    options_.threads = 1;
    options_.jitter = false;
  }
  EngineWorld World() const { return {TestWorld().places, TestWorld().model}; }
  Results Run() {
    absl::StatusOr<Results> results = RunVirtually(scenario_, World(), options_);
    CHECK(results.ok());
    return *std::move(results);
  }
  void AddOutage(Duration at, Duration lasts) {
    scenario_.timeline = {{.at = at,
                           .action = TimelineEvent::Action::kOriginOutage,
                           .target = "api.example",
                           .lasts = lasts}};
  }

  Scenario scenario_;
  EngineOptions options_;
};

TEST_F(VirtualOriginsTest, AQuestionTakesTheWayAndTheThoughtAndTheFirstAHandshakeToo) {
  const OriginWays ways(scenario_, World(), options_);
  const Catalogue catalogue(scenario_);
  const Duration rtt = ways.Rtt(0, 0);
  EXPECT_GT(rtt, Duration(100ms));
  VirtualOrigins node(scenario_, ways, catalogue, 0, {.bytes_max = 1 << 20});
  EXPECT_EQ(node.Ask(0, 0, 1s).waited, 2 * rtt + 40ms);
  // Its connection is free again when the origin has thought, and not before.
  EXPECT_EQ(node.Ask(0, 1, 1s + 40ms).waited, rtt + 40ms);
  EXPECT_EQ(node.Ask(0, 2, 1s + 50ms).waited, 2 * rtt + 40ms);
  EXPECT_EQ(node.Ask(0, 3, 20s).waited, rtt + 40ms);
  EXPECT_EQ(node.Ask(0, 4, 60s).waited, 2 * rtt + 40ms) << "nobody keeps one for so long";
  node.Forget(false);
  EXPECT_EQ(node.Ask(0, 5, 61s).waited, 2 * rtt + 40ms);
}

TEST_F(VirtualOriginsTest, OneThatRefusesIsKnownAfterOneAndAHalfWays) {
  AddOutage(5s, 10s);
  const OriginWays ways(scenario_, World(), options_);
  const Catalogue catalogue(scenario_);
  VirtualOrigins node(scenario_, ways, catalogue, 0, {.bytes_max = 1 << 20});
  const Duration rtt = ways.Rtt(0, 0);
  EXPECT_EQ(node.Ask(0, 0, 1s).end, VirtualOrigins::End::kWell);
  // What counts is when the question is there.
  const auto refused = node.Ask(0, 1, 5s - rtt / 2);
  EXPECT_EQ(refused.end, VirtualOrigins::End::kRefused);
  EXPECT_EQ(refused.waited, rtt + rtt / 2);
  EXPECT_EQ(node.Ask(0, 2, 15s - rtt / 2 - 1ms).end, VirtualOrigins::End::kRefused);
  EXPECT_EQ(node.Ask(0, 3, 15s).waited, 2 * rtt + 40ms) << "connections went with it";
}

TEST_F(VirtualOriginsTest, AWorkerStopsAtTheFirstThatFails) {
  scenario_.origins.push_back(scenario_.origins[0]);
  scenario_.origins[0].error_share = 1;
  scenario_.requests[0].origins = {0, 1};
  const OriginWays ways(scenario_, World(), options_);
  const Catalogue catalogue(scenario_);
  VirtualOrigins node(scenario_, ways, catalogue, 0, {.bytes_max = 1 << 20});
  const auto outcome = node.Ask(0, 0, 1s);
  EXPECT_EQ(outcome.end, VirtualOrigins::End::kError);
  EXPECT_EQ(outcome.waited, 2 * ways.Rtt(0, 0) + 40ms);
}

TEST_F(VirtualOriginsTest, AQuestionOfLaterTakesNoConnectionFromOneOfBefore) {
  scenario_.origins.push_back(scenario_.origins[0]);
  scenario_.origins[0].host = "slow.example";
  scenario_.origins[0].think_ms = 5000;
  scenario_.requests[0].origins = {0, 1};
  scenario_.requests.push_back({.host = "news.edge.test", .origins = {1}});
  const OriginWays ways(scenario_, World(), options_);
  const Catalogue catalogue(scenario_);
  const Duration rtt = ways.Rtt(1, 0);
  {
    VirtualOrigins node(scenario_, ways, catalogue, 0, {.bytes_max = 1 << 20});
    EXPECT_EQ(node.Ask(1, 0, 1s).waited, 2 * rtt + 40ms);
    // It is with the second origin when the connection there has been idle for too long.
    EXPECT_EQ(node.Ask(0, 1, 28s).waited, 4 * rtt + 5040ms);
    EXPECT_EQ(node.Ask(1, 2, 28s + 1ms).waited, rtt + 40ms) << "that one is there before";
  }
  AddOutage(20s, 10s);
  {
    VirtualOrigins node(scenario_, ways, catalogue, 0, {.bytes_max = 1 << 20});
    EXPECT_EQ(node.Ask(1, 0, 10s).waited, 2 * rtt + 40ms);
    EXPECT_EQ(node.Ask(0, 1, 16s).end, VirtualOrigins::End::kRefused);
    EXPECT_EQ(node.Ask(1, 2, 16s + 1ms).waited, rtt + 40ms) << "the origin is still there";
    EXPECT_EQ(node.Ask(1, 3, 31s).waited, 2 * rtt + 40ms) << "connections went with it";
  }
}

TEST_F(VirtualOriginsTest, PeopleFeelTheOrigin) {
  const double with_ms = Run().Value(Metric::kP50Ms, "");
  scenario_.requests[0].origins.clear();
  const double without_ms = Run().Value(Metric::kP50Ms, "");
  const OriginWays ways(scenario_, World(), options_);
  EXPECT_NEAR(with_ms - without_ms, ToMs(ways.Rtt(0, 0)) + 40, 0.03 * with_ms);
}

TEST_F(VirtualOriginsTest, WorkersAnswerAsTheyDoWhenAnOriginFails) {
  AddOutage(5s, 10s);
  Results results = Run();
  size_t refused = 0;
  for (const Sample& sample : results.samples()) {
    // A request in its last half second may be on either side.
    if (sample.due > 5s && sample.due < 14500ms) {
      EXPECT_EQ(sample.status, 503) << ToMs(sample.due);
      EXPECT_EQ(sample.failure, Failure::kStatus);
      ++refused;
    } else if (sample.due < 4s || sample.due > 15s) {
      EXPECT_EQ(sample.status, 200) << ToMs(sample.due);
    }
  }
  EXPECT_GT(refused, 400u);
  scenario_.timeline.clear();
  scenario_.origins[0].error_share = 0.5;
  results = Run();
  EXPECT_NEAR(results.Value(Metric::kErrors, ""), 0.5, 0.07);
  // One that answers from what it has makes nobody an error.
  options_.services[0][0].on_error->status = 200;
  EXPECT_EQ(Run().Value(Metric::kErrors, ""), 0);
}

TEST_F(VirtualOriginsTest, PeopleFeelTheCacheAndARestartedNodeHasItsDisk) {
  const double asked_ms = Run().Value(Metric::kP50Ms, "");
  scenario_.origins[0].caching = OriginCaching{.fresh = 3600s};
  Results results = Run();
  EXPECT_EQ(results.Value(Metric::kCacheMisses, ""), 1);
  EXPECT_GT(results.Value(Metric::kHitShare, ""), 0.99);
  const OriginWays ways(scenario_, World(), options_);
  EXPECT_NEAR(asked_ms - results.Value(Metric::kP50Ms, ""), ToMs(ways.Rtt(0, 0)) + 40,
              0.03 * asked_ms);
  // The one site there is goes and comes back.
  scenario_.timeline = {{.at = 5s, .action = TimelineEvent::Action::kKill, .target = "NRT"},
                        {.at = 8s, .action = TimelineEvent::Action::kStart, .target = "NRT"}};
  EXPECT_EQ(Run().Value(Metric::kCacheMisses, ""), 1) << "a disk keeps what it held";
  options_.restarts_keep_caches = false;
  EXPECT_EQ(Run().Value(Metric::kCacheMisses, ""), 2);
}

TEST_F(VirtualOriginsTest, ThingsAreCachedEachForItselfWithinTheNodesBound) {
  scenario_.origins[0].caching = OriginCaching{.fresh = 3600s};
  scenario_.requests[0].path = "/{object}";
  scenario_.requests[0].objects = 50;
  const double roomy = Run().Value(Metric::kHitShare, "");
  EXPECT_GT(roomy, 0.93) << "50 misses of 1,000 requests";
  EXPECT_LT(roomy, 0.97);
  options_.cache_bytes = 10'000;  // seven of them
  const double tight = Run().Value(Metric::kHitShare, "");
  EXPECT_LT(tight, 0.7);
  EXPECT_GT(tight, 0.2);
}

TEST_F(VirtualOriginsTest, ASampledRunRefusesThem) {
  EXPECT_EQ(SampleVirtually(scenario_, World(), options_, nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace terrella::sim
