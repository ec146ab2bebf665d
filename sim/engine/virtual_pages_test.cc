// Goal: a page takes as long as its document, its handshakes and its depths, and is missing when
// something of it is.
#include "sim/engine/virtual_pages.h"

#include <gtest/gtest.h>

#include "sim/engine/engine.h"
#include "sim/ingress/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class VirtualPagesTest : public testing::Test {
 protected:
  VirtualPagesTest() {
    scenario_.duration = 20s;
    scenario_.clients.rate_per_s = 5;  // nobody waits for anybody
    scenario_.clients.steering = {Steering::kAnycast};
    scenario_.clients.cities = {{TestWorld().places->Find("Lagos")->city, 1}};
    scenario_.requests = {{.host = "shop.edge.test"},
                          {.host = "shop.edge.test", .path = "/part", .weight = 0}};
    const ServiceProfile instant{.service_ms = {0}, .cpu_ms = 0, .response_bytes = 200};
    options_.services = {{instant, instant}};
    options_.pops = {*TestWorld().places->pops().Find("FRA")};
    options_.threads = 1;
    options_.jitter = false;
  }
  Results Run() {
    absl::StatusOr<Results> results =
        RunVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_);
    CHECK(results.ok());
    return *std::move(results);
  }
  // In round trips, beside those of the document.
  double PartsTake(std::vector<PagePart> parts) {
    scenario_.pages = {{.document = 0, .parts = std::move(parts)}};
    const Results results = Run();
    EXPECT_EQ(results.pages().size(), results.samples().size());
    const Sample &document = results.samples()[0], &page = results.pages()[0];
    EXPECT_EQ(page.failure, Failure::kNone);
    EXPECT_EQ(page.due, document.due);
    // A document by a new connection: a handshake and a round trip.
    return ToMs(page.felt - document.felt) / (ToMs(document.felt) / 2);
  }

  Scenario scenario_;
  EngineOptions options_;
};

TEST_F(VirtualPagesTest, APageTakesItsRoundTrips) {
  constexpr double kExact = 1e-3;
  EXPECT_NEAR(PartsTake({}), 0, kExact);
  EXPECT_NEAR(PartsTake({{.request = 1}}), 1, kExact) << "on the document's connection";
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 6}}), 2, kExact) << "five new connections";
  // The seventh goes first on the document's connection, the eighth follows it there.
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 8}}), 3, kExact);
  EXPECT_NEAR(PartsTake({{.request = 1}, {.request = 1, .depth = 2}}), 2, kExact);
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 6}, {.request = 1, .count = 6, .depth = 2}}), 3,
              kExact)
      << "connections are kept";
}

TEST_F(VirtualPagesTest, WhatPeopleHaveIsNotAskedFor) {
  scenario_.pages = {
      {.document = 0, .parts = {{.request = 1, .cached_share = 1}, {.request = 1, .depth = 2}}}};
  EXPECT_NEAR(PartsTake({{.request = 1, .cached_share = 1}, {.request = 1, .depth = 2}}), 1, 1e-3);
}

TEST_F(VirtualPagesTest, APageWithAPartMissingIsMissing) {
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 3}}}};
  options_.services[0][1].status = 404;
  Results results = Run();
  EXPECT_EQ(results.Value(Metric::kErrors, ""), 0) << "documents are there";
  const auto errors = ParseAssertion("page_errors == 1");
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(results.Value(*errors, scenario_), 1);
  // A document that never came makes a page that never came.
  options_.services[0][1].status = 200;
  scenario_.timeline = {{.at = 5s, .action = TimelineEvent::Action::kKill, .target = "FRA"}};
  results = Run();
  EXPECT_EQ(results.pages().size(), results.samples().size());
  EXPECT_GT(results.Value(Metric::kErrors, ""), 0.5);
  EXPECT_GE(results.Value(*errors, scenario_), results.Value(Metric::kErrors, ""))
      << "and of those under way the parts";
}

TEST_F(VirtualPagesTest, PartsOccupyTheNode) {
  scenario_.clients.rate_per_s = 20;
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 20}}}};
  options_.services[0][1].service_ms = {2};
  options_.services[0][1].cpu_ms = 2;  // 20 pages of 20 parts: 800 ms of a second
  const auto p95 = ParseAssertion("page_p95_ms > 0");
  const double busy_ms = Run().Value(*p95, scenario_);
  scenario_.clients.rate_per_s = 1;
  EXPECT_GT(busy_ms, Run().Value(*p95, scenario_) * 1.05);
}

TEST_F(VirtualPagesTest, AnyNumberOfThreadsGivesTheSame) {
  scenario_.clients.rate_per_s = 200;
  scenario_.clients.cities.push_back({TestWorld().places->Find("Tokyo")->city, 1});
  options_.pops.push_back(*TestWorld().places->pops().Find("NRT"));
  options_.jitter = true;
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 9, .cached_share = 0.3}}}};
  const Results one = Run();
  options_.threads = 3;
  const Results three = Run();
  ASSERT_EQ(one.pages().size(), three.pages().size());
  for (size_t i = 0; i < one.pages().size(); ++i) {
    EXPECT_EQ(one.pages()[i].due, three.pages()[i].due);
    EXPECT_EQ(one.pages()[i].felt, three.pages()[i].felt);
  }
}

}  // namespace
}  // namespace terrella::sim
