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
  double PartsTake(std::vector<PagePart> parts, Protocol protocol = Protocol::kHttp1) {
    scenario_.clients.protocols = {.http1 = protocol == Protocol::kHttp1 ? 1.0 : 0.0,
                                   .h2 = protocol == Protocol::kHttp2 ? 1.0 : 0.0};
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

TEST_F(VirtualPagesTest, Http2AsksForAllAtOnceOnTheDocumentsConnection) {
  constexpr double kExact = 1e-3;
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 60}}, Protocol::kHttp2), 1, kExact);
  EXPECT_NEAR(
      PartsTake({{.request = 1, .count = 100}, {.request = 1, .depth = 2}}, Protocol::kHttp2), 3,
      kExact)
      << "100 answers of 200 bytes do not fit the first window";
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 101}}, Protocol::kHttp2), 2, kExact)
      << "the last waits for a stream";
}

TEST_F(VirtualPagesTest, AWindowGoesOnFromOneRequestToTheNext) {
  constexpr double kExact = 1e-3;
  options_.services[0][1].response_bytes = 14'600;  // as much as the first window
  // One after another on one connection: 1 window, then of the doubled one half is enough.
  EXPECT_NEAR(PartsTake({{.request = 1}, {.request = 1, .depth = 2}}), 2, kExact);
  options_.services[0][1].response_bytes = 40'000;
  // 14,600 and 25,400 of 29,200; later 29,200 (which the second did not fill) and the rest.
  EXPECT_NEAR(PartsTake({{.request = 1}}), 2, kExact);
  EXPECT_NEAR(PartsTake({{.request = 1}, {.request = 1, .depth = 2}}), 4, kExact);
  options_.services[0][1].response_bytes = 14'600 + 29'200;
  // The second begins with 58,400.
  EXPECT_NEAR(PartsTake({{.request = 1}, {.request = 1, .depth = 2}}), 3, kExact);
}

TEST_F(VirtualPagesTest, StreamsShareTheirConnectionsWindow) {
  constexpr double kExact = 1e-3;
  options_.services[0][1].response_bytes = 14'600;
  // Six connections have six windows; one has 14,600, 29,200 and 58,400 for 87,600 bytes. Its
  // document took 200 bytes of the first, a round trip before.
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 6}}), 2, kExact) << "a handshake, then one";
  EXPECT_NEAR(PartsTake({{.request = 1, .count = 6}}, Protocol::kHttp2), 3, kExact);
}

TEST_F(VirtualPagesTest, AnotherHostIsLookedUpAndHasConnectionsOfItsOwn) {
  constexpr double kExact = 1e-3;
  scenario_.requests.push_back({.host = "img.edge.test", .path = "/", .weight = 0});
  options_.services[0].push_back(options_.services[0][1]);
  const std::vector<PagePart> parts = {{.request = 2, .count = 6, .host = 1}};
  for (const Protocol protocol : kProtocols) {
    scenario_.clients.steering = {Steering::kAnycast};
    EXPECT_NEAR(PartsTake(parts, protocol), 2, kExact) << "a handshake, and all at once";
    scenario_.clients.steering = {Steering::kDns};
    scenario_.pages = {{.document = 0, .parts = parts}};
    const Results results = Run();
    const Sample &document = results.samples().back(), &page = results.pages().back();
    ASSERT_EQ(page.failure, Failure::kNone);
    EXPECT_EQ(page.pop, document.pop);
    const double rtt_ms = ToMs(page.felt - document.felt) / 2;
    // Look-up, handshake, round trip of both; the look-up of a name that is cached is short.
    EXPECT_GT(ToMs(document.felt), 2 * rtt_ms - 20);
    EXPECT_LT(ToMs(document.felt), 3 * rtt_ms);
  }
  // A resolver that falls silent after the document's look-up leaves its page without the host.
  options_.services[0][0].service_ms = {3000};
  options_.services[0][0].cpu_ms = 0;
  scenario_.clients.timeout = 9s;
  scenario_.timeline = {{.at = Run().samples()[0].due + 1s,
                         .action = TimelineEvent::Action::kResolverOutage,
                         .target = "country:NG"}};
  const Results silent = Run();
  EXPECT_EQ(silent.samples()[0].failure, Failure::kNone);
  EXPECT_EQ(silent.pages()[0].failure, Failure::kTimeout);
}

TEST_F(VirtualPagesTest, AnotherHostMayBeServedElsewhere) {
  scenario_.requests.push_back({.host = "img.edge.test", .path = "/", .weight = 0});
  options_.services[0].push_back(options_.services[0][1]);
  options_.pops.push_back(*TestWorld().places->pops().Find("LOS"));
  options_.times.dns_ttl = 100s;
  scenario_.clients.steering = {Steering::kDns};
  scenario_.clients.rate_per_s = 50;
  scenario_.pages = {{.document = 0, .parts = {{.request = 2, .host = 1}}}};
  // Both names lead to Lagos, and go on leading there when it is drained. The document's name was
  // looked up before the drain; that of its part is when Lagos is gone.
  scenario_.pages[0].parts[0].depth = 1;
  scenario_.timeline = {{.at = 1s, .action = TimelineEvent::Action::kDrain, .target = "LOS"}};
  options_.services[0][0].service_ms = {2000};  // the first page names its part after the drain
  options_.services[0][0].cpu_ms = 0;
  const Results results = Run();
  ASSERT_GT(results.pages().size(), 10u);
  const uint16_t los = results.pages()[0].pop;
  for (const Sample& page : results.pages()) {
    EXPECT_EQ(page.failure, Failure::kNone);
    EXPECT_EQ(page.pop, los) << "the document's name is remembered";
    // Frankfurt: a look-up, a handshake and a round trip of more than a tenth of a second.
    EXPECT_GT(ToMs(page.felt), 2000 + 200);
  }
}

TEST_F(VirtualPagesTest, AConnectionIsWhatItWasWhenItWasMade) {
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 6}}}};
  options_.services[0][0].service_ms = {3000};  // the document's connection is older than the cut
  options_.services[0][0].cpu_ms = 0;
  scenario_.clients.timeout = 9s;
  const auto parts_ms = [](const Results& results, size_t i) {
    return ToMs(results.pages()[i].felt - results.samples()[i].felt);
  };
  const Results whole = Run();
  const double rtt_ms = parts_ms(whole, 0) / 2;
  scenario_.timeline = {{.at = whole.samples()[0].due + 1s,
                         .action = TimelineEvent::Action::kCut,
                         .target = "AF-EU",
                         .fault = {.a = "AF", .b = "EU", .loss = {}}}};
  const Results cut = Run();
  EXPECT_EQ(cut.samples()[0].felt, whole.samples()[0].felt);
  EXPECT_GT(parts_ms(cut, 0), 2 * (rtt_ms + 20)) << "five of six are new, and go round";
  EXPECT_GT(ToMs(cut.samples().back().felt), 3000 + 2 * (rtt_ms + 20));
  scenario_.clients.protocols = {.http1 = 0, .h2 = 1};
  EXPECT_NEAR(parts_ms(Run(), 0), rtt_ms, 0.01) << "all by the one that there was";
}

TEST_F(VirtualPagesTest, WhatPeopleSpeakIsToldOfEveryRequest) {
  scenario_.clients.protocols = {.http1 = 1, .h2 = 1};
  scenario_.clients.rate_per_s = 100;
  scenario_.pages = {{.document = 0, .parts = {{.request = 1, .count = 30}}}};
  const Results results = Run();
  const auto p50 = [&](std::string_view text) {
    const auto assertion = ParseAssertion(text);
    CHECK(assertion.ok());
    return results.Value(*assertion, scenario_);
  };
  EXPECT_GT(p50("requests.protocol:h2 > 0"), 500);
  EXPECT_GT(p50("requests.protocol:http/1.1 > 0"), 500);
  EXPECT_NEAR(p50("p50_ms.protocol:h2 > 0"), p50("p50_ms.protocol:http/1.1 > 0"), 1);
  EXPECT_LT(p50("page_p50_ms.protocol:h2 > 0"), 0.7 * p50("page_p50_ms.protocol:http/1.1 > 0"));
}

TEST_F(VirtualPagesTest, WhatPeopleHaveIsNotAskedFor) {
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
  scenario_.clients.protocols = {.http1 = 1, .h2 = 1};
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
