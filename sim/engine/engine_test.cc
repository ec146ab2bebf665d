// Goal: a run in virtual time does what the live network would do, the same at any number of
// threads.
#include "sim/engine/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <map>
#include <thread>

#include "sim/bgp/load_internet.h"
#include "sim/ingress/test_world.h"
#include "sim/net/city_block.h"
#include "sim/scenario/person.h"
#include "sim/scenario/population.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
using Action = TimelineEvent::Action;

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    scenario_.duration = 10s;
    scenario_.clients.rate_per_s = 500;
    scenario_.requests = {{.host = "hello.edge.test"}};
    for (const char* name : {"Frankfurt", "Lagos", "Tokyo", "Berlin"}) AddCity(name);
    options_.services = {{{.service_ms = {0.3F}, .cpu_ms = 0.03F, .response_bytes = 200}}};
    for (const char* code : {"NRT", "FRA", "JNB"}) {
      options_.pops.push_back(*TestWorld().places->pops().Find(code));
    }
    options_.threads = 1;
  }
  void AddCity(const std::string& name) {
    scenario_.clients.cities.push_back({TestWorld().places->Find(name)->city, 1});
  }
  Results Run() {
    absl::StatusOr<Results> results =
        RunVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_);
    CHECK(results.ok());
    return *std::move(results);
  }

  Scenario scenario_;
  EngineOptions options_;
};

bool Same(const Sample& a, const Sample& b) {
  return a.due == b.due && a.felt == b.felt && a.city == b.city && a.pop == b.pop &&
         a.version == b.version && a.status == b.status && a.steering == b.steering &&
         a.failure == b.failure;
}

TEST_F(EngineTest, EveryArrivalEndsOnceInItsOrder) {
  const Results results = Run();
  EXPECT_NEAR(static_cast<double>(results.samples().size()), 5000, 300);
  Duration last{};
  for (const Sample& sample : results.samples()) {
    EXPECT_GE(sample.due, last);
    last = sample.due;
    EXPECT_EQ(sample.failure, Failure::kNone);
    EXPECT_GT(sample.felt, Duration(0));
  }
}

TEST_F(EngineTest, TheNumberOfThreadsChangesNothing) {
  scenario_.clients.rate_per_s = 20'000;  // several windows
  scenario_.clients.steering = {Steering::kDns, Steering::kAnycast};
  scenario_.network.wish.loss = net::LossRates{.share = 0.01, .burst = 3};
  scenario_.timeline = {{.at = 3s, .action = Action::kKill, .target = "FRA"},
                        {.at = 6s, .action = Action::kStart, .target = "FRA"}};
  const Results one = Run();
  for (const int threads : {2, 5}) {
    options_.threads = threads;
    const Results other = Run();
    ASSERT_EQ(other.samples().size(), one.samples().size());
    for (size_t i = 0; i < one.samples().size(); ++i) {
      ASSERT_TRUE(Same(one.samples()[i], other.samples()[i])) << i;
    }
  }
}

TEST_F(EngineTest, WhoLooksOnSeesHowFarItGotAndChangesNothing) {
  scenario_.clients.rate_per_s = 20'000;  // several windows
  scenario_.timeline = {{.at = 3s, .action = Action::kKill, .target = "FRA"}};
  const Results alone = Run();
  EngineProgress progress;
  std::atomic<bool> over = false;
  Duration seen{};
  bool backwards = false;
  std::thread looks_on([&] {
    for (Duration now{}; !over; seen = now) {
      now = progress.reached;
      backwards |= now < seen;
    }
  });
  const absl::StatusOr<Results> watched = RunVirtually(
      scenario_, {TestWorld().places, TestWorld().model}, options_, nullptr, {}, &progress);
  over = true;
  looks_on.join();
  ASSERT_TRUE(watched.ok());
  EXPECT_FALSE(backwards);
  EXPECT_EQ(progress.reached.load(), scenario_.duration);
  EXPECT_EQ(progress.requests, alone.samples().size());
  ASSERT_EQ(watched->samples().size(), alone.samples().size());
  for (size_t i = 0; i < alone.samples().size(); ++i) {
    ASSERT_TRUE(Same(alone.samples()[i], watched->samples()[i])) << i;
  }
}

TEST_F(EngineTest, AnAnycastRequestFeelsTwoRoundTripsAndTheService) {
  scenario_.clients.steering = {Steering::kAnycast};
  options_.jitter = false;
  const Results results = Run();
  const net::LatencyModel& model = *TestWorld().model;
  for (const Sample& sample : results.samples()) {
    const net::Endpoint client = model.ClientAt(TestWorld().places->PlaceOf(sample.city));
    const net::PopSite* pop = TestWorld().places->pops().Find(results.pops()[sample.pop]);
    const double rtt_ms = model.RttMs(client, model.SiteAt(*pop));
    const double waited_ms = ToMs(sample.felt) - 2 * rtt_ms - 0.3;
    EXPECT_GE(waited_ms, -0.001);
    EXPECT_LT(waited_ms, 0.2) << "two requests at once, at most";
    for (const net::PopSite& other : options_.pops) {
      EXPECT_LE(rtt_ms, model.RttMs(client, model.SiteAt(other)) + 1e-6);
    }
  }
}

// What somebody feels whose page of 60,000 bytes takes a node 1 ms.
double FeltMs(const PathSettings& settings, const Path& path) {
  const MonotonicTime start{}, ready = start + FromMs(path.handshake_ms);
  const auto up = MakeLine(settings, path, Direction::kToSite, ready, nullptr);
  up->Push(start, "GET / HTTP/1.1\r\n\r\n");
  const MonotonicTime answered = *up->NextDue() + 1ms;
  const auto down = MakeLine(settings, path, Direction::kToClient, ready, nullptr);
  down->Push(answered, std::string(60'000, 'x'));
  MonotonicTime last{};
  while (down->has_bytes()) {
    last = *down->NextDue();
    down->Pop();
  }
  return ToMs(last - start);
}

// The same draws as a live ingress makes for the same connection, if it had no processor to wait
// for.
TEST_F(EngineTest, APathIsDelayedAsTheIngressWould) {
  scenario_.clients.steering = {Steering::kAnycast};
  scenario_.network.wish = *net::ParsePathWish("access=4g;loss=5%/3;hour=20");
  scenario_.clients.timeout = 60s;
  scenario_.duration = 2s;
  options_.services[0][0] = {.service_ms = {1.0F}, .cpu_ms = 0, .response_bytes = 60'000};
  const Results results = Run();
  const PathSettings settings{.model = *TestWorld().model, .places = *TestWorld().places};
  Population population(scenario_, *TestWorld().places);
  for (const Sample& sample : results.samples()) {
    const Arrival arrival = population.Next();
    Placement placement{.client = TestWorld().places->PlaceOf(sample.city),
                        .client_address = {net::CityAddressV4(sample.city, arrival.client),
                                           ClientPortOf(arrival.number)},
                        .wish = scenario_.network.wish,
                        .by_proxy = true};
    const net::PopSite* pop = TestWorld().places->pops().Find(results.pops()[sample.pop]);
    const Site site{.endpoint = TestWorld().model->SiteAt(*pop)};
    const Path path = DrawPath(settings, placement, {.site = &site}, 0);
    ASSERT_NEAR(ToMs(sample.felt), FeltMs(settings, path), 0.001) << sample.city;
  }
}

TEST_F(EngineTest, ADeadNodeIsFeltUntilAnswersExpireAndRoutesAreWithdrawn) {
  scenario_.clients.steering = {Steering::kDns, Steering::kAnycast};
  // Just after the resolvers have asked again.
  scenario_.timeline = {{.at = 5200ms, .action = Action::kKill, .target = "FRA"}};
  scenario_.duration = 12s;
  const Results results = Run();
  for (const Failover& failover : results.Failovers()) {
    const double most_ms = failover.steering == Steering::kDns ? 5100 : 530;
    EXPECT_GT(failover.errors, 0u);
    EXPECT_GT(failover.moved, 0u);
    EXPECT_LT(failover.failover_ms, most_ms);
    EXPECT_GT(failover.failover_ms, most_ms * 0.8);
  }
  EXPECT_EQ(results.Value(Metric::kErrors, "Tokyo"), 0);
}

TEST_F(EngineTest, ADrainedNodeIsLeftWithoutAnError) {
  scenario_.clients.steering = {Steering::kDns, Steering::kAnycast};
  scenario_.timeline = {{.at = 2s, .action = Action::kDrain, .target = "FRA"}};
  const Results results = Run();
  EXPECT_EQ(results.Value(Metric::kErrors, ""), 0);
  for (const Failover& failover : results.Failovers()) EXPECT_GT(failover.moved, 0u);
}

TEST_F(EngineTest, ANodeThatIsAskedTooMuchMakesPeopleWait) {
  scenario_.clients.cities.resize(1);
  options_.services[0][0].cpu_ms = 1.9F;  // of 2 ms between arrivals
  const double busy_ms = Run().Value(Metric::kP95Ms, "");
  options_.services[0][0].cpu_ms = 0.1F;
  const double idle_ms = Run().Value(Metric::kP95Ms, "");
  // M/D/1 at 95 %: the mean wait alone is 18 ms.
  EXPECT_GT(busy_ms, idle_ms + 20);
}

TEST_F(EngineTest, TheFirstRequestOfAnIsolateIsColdAgainAfterAStartOnly) {
  scenario_.clients.cities.resize(1);
  scenario_.clients.steering = {Steering::kAnycast};
  scenario_.clients.rate_per_s = 20;
  options_.jitter = false;
  options_.services[0][0].cold_ms = 50;
  const auto cold_after = [&](Duration from) {
    size_t cold = 0;
    const Results results = Run();
    for (const Sample& sample : results.samples()) {
      cold += sample.due >= from && results.pops()[sample.pop] == "FRA" && ToMs(sample.felt) > 45;
    }
    return cold;
  };
  EXPECT_GE(cold_after(0s), 1u);
  scenario_.timeline = {{.at = 5s, .action = Action::kDeploy, .target = "x"}};
  EXPECT_EQ(cold_after(5s), 0u) << "isolates are replaced beside those that serve";
  EXPECT_EQ(Run().samples().back().version, 2);
  scenario_.timeline = {{.at = 5s, .action = Action::kKill, .target = "FRA"},
                        {.at = 6s, .action = Action::kStart, .target = "FRA"}};
  EXPECT_GE(cold_after(6s), 1u);
}

TEST_F(EngineTest, ADeployBringsTheServiceOfItsVersion) {
  options_.services.push_back(options_.services[0]);
  options_.services[1][0].status = 500;
  scenario_.timeline = {{.at = 5s, .action = Action::kDeploy, .target = "broken"}};
  const Results results = Run();
  EXPECT_NEAR(results.Value(Metric::kErrors, ""), 0.5, 0.06);
  EXPECT_EQ(results.samples().back().failure, Failure::kStatus);
}

TEST_F(EngineTest, AQueueIsLostWithItsProcessAndNotBefore) {
  scenario_.clients.cities.resize(1);
  scenario_.clients.steering = {Steering::kAnycast};
  scenario_.clients.rate_per_s = 100;
  scenario_.clients.timeout = 60s;
  options_.services[0][0].cpu_ms = 20;  // twice what there is time for
  scenario_.timeline = {{.at = 8s, .action = Action::kKill, .target = "FRA"}};
  const Results results = Run();
  Duration first_lost{};
  for (const Sample& sample : results.samples()) {
    if (sample.due > 7900ms) break;
    const bool lost = sample.failure != Failure::kNone;
    if (lost && first_lost == Duration(0)) first_lost = sample.due;
    EXPECT_EQ(lost, first_lost != Duration(0)) << ToMs(sample.due);
  }
  EXPECT_GT(first_lost, 3s);
  EXPECT_LT(first_lost, 5s);
}

TEST_F(EngineTest, ARunThatIsStoppedTellsOnlyWhatHappened) {
  scenario_.clients.rate_per_s = 20'000;  // so that a window is about 3 s
  scenario_.duration = 20s;
  scenario_.timeline = {{.at = 1s, .action = Action::kDrain, .target = "NRT"},
                        {.at = 19s, .action = Action::kKill, .target = "FRA"}};
  const std::atomic<bool> stop = true;
  const auto results =
      RunVirtually(scenario_, {TestWorld().places, TestWorld().model}, options_, &stop);
  ASSERT_TRUE(results.ok());
  EXPECT_LT(results->samples().size(), 100'000u);
  EXPECT_FALSE(results->samples().empty());
  EXPECT_LT(results->events().size(), 2u);
  for (const Sample& sample : results->samples()) EXPECT_GT(sample.felt, Duration(0));
}

TEST_F(EngineTest, KeptConnectionsSpareTheHandshake) {
  scenario_.clients.steering = {Steering::kAnycast};
  const double fresh_ms = Run().Value(Metric::kP50Ms, "Lagos");
  scenario_.clients.keep_alive = true;
  const double kept_ms = Run().Value(Metric::kP50Ms, "Lagos");
  EXPECT_NEAR(kept_ms / fresh_ms, 0.5, 0.05);
}

TEST_F(EngineTest, AKeptConnectionKeepsItsWindowAndWithHttp2AllShareIt) {
  scenario_.clients.steering = {Steering::kAnycast};
  scenario_.clients.rate_per_s = 40;  // 10 a second of a city: no rest in which a window closes
  scenario_.clients.keep_alive = true;
  options_.jitter = false;
  const double small_ms = Run().Value(Metric::kP50Ms, "Lagos");
  options_.services[0][0].response_bytes = 14'600 + 29'200 + 10;
  EXPECT_LT(Run().Value(Metric::kP50Ms, "Lagos"), 1.05 * small_ms);
  scenario_.clients.protocols = {.http1 = 0, .h2 = 1};
  EXPECT_LT(Run().Value(Metric::kP50Ms, "Lagos"), 1.05 * small_ms);
  // 125 a second are 5.5 MB: more than one window of 512 KB lets through over this distance.
  scenario_.clients.rate_per_s = 500;
  EXPECT_GT(Run().Value(Metric::kP50Ms, "Lagos"), 5 * small_ms);
  scenario_.clients.protocols = {};
  EXPECT_LT(Run().Value(Metric::kP50Ms, "Lagos"), 1.5 * small_ms);
  scenario_.clients.keep_alive = false;
  EXPECT_NEAR(Run().Value(Metric::kP50Ms, "Lagos") / small_ms, 4, 0.2) << "a handshake, 3 windows";
}

// As live: an AS here and there leads to the dark site, or nowhere, until it has heard.
TEST_F(EngineTest, WhereBgpLeadsADeadSiteIsLeftAsNewsSpreads) {
  auto hubs = bgp::Hubs::Make(TestWorld().places, TestWorld().model);
  options_.internet = *bgp::LoadInternet(*hubs, {.ases = 500});
  options_.anycast = *bgp::FindPreset("cdn");
  scenario_.clients.steering = {Steering::kAnycast};
  scenario_.duration = 60s;
  scenario_.timeline = {{.at = 5s, .action = Action::kKill, .target = "FRA"}};
  const Results one = Run();
  const auto failovers = one.Failovers();
  ASSERT_EQ(failovers.size(), 1u);
  EXPECT_GT(failovers[0].errors, 0u);
  EXPECT_GT(failovers[0].moved, 0u);
  size_t elsewhere = 0;  // before the kill, though the nearest site was up
  for (const Sample& sample : one.samples()) {
    if (sample.due >= 5s || sample.failure != Failure::kNone) continue;
    elsewhere += TestWorld().places->cities()[sample.city].name == "Berlin" &&
                 one.pops()[sample.pop] != "FRA";
  }
  EXPECT_GT(elsewhere, 0u) << "BGP is no ruler";
  options_.threads = 3;
  const Results other = Run();
  ASSERT_EQ(other.samples().size(), one.samples().size());
  for (size_t i = 0; i < one.samples().size(); ++i) {
    ASSERT_TRUE(Same(one.samples()[i], other.samples()[i])) << i;
  }
}

TEST_F(EngineTest, WhenNobodyServesNamesHaveNoAddress) {
  scenario_.timeline = {{.at = 1s, .action = Action::kKill, .target = "FRA"},
                        {.at = 1s, .action = Action::kKill, .target = "NRT"},
                        {.at = 1s, .action = Action::kKill, .target = "JNB"}};
  const Results results = Run();
  EXPECT_EQ(results.samples().back().failure, Failure::kDns);
}

TEST_F(EngineTest, RefusesWhatItCannotRun) {
  const EngineWorld world{TestWorld().places, TestWorld().model};
  EngineOptions none = options_;
  none.pops.clear();
  EXPECT_EQ(RunVirtually(scenario_, world, none).status().code(),
            absl::StatusCode::kInvalidArgument);
  EngineOptions unmeasured = options_;
  unmeasured.services.clear();
  EXPECT_EQ(RunVirtually(scenario_, world, unmeasured).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      RunVirtually(scenario_, world, options_, nullptr, {.requests_max = 100}).status().code(),
      absl::StatusCode::kResourceExhausted);
}

// The same draws again, with a cable cut and another that loses packets.
TEST_F(EngineTest, AFaultOfPathsIsFeltAsTheIngressWouldMakeIt) {
  scenario_.clients.steering = {Steering::kAnycast};
  scenario_.clients.timeout = 60s;
  scenario_.duration = 4s;
  options_.services[0][0] = {.service_ms = {1.0F}, .cpu_ms = 0, .response_bytes = 60'000};
  options_.pops = {*TestWorld().places->pops().Find("NRT")};
  scenario_.timeline = {
      {.at = 1s,
       .action = Action::kCut,
       .target = "AF-AS",
       .lasts = 2s,
       .fault = {.a = "AF", .b = "AS", .loss = {}}},
      {.at = 2s,
       .action = Action::kLoss,
       .target = "EU-JP",
       .fault = {.a = "EU", .b = "JP", .loss = net::LossRates{.share = 0.1, .burst = 2}}}};
  const Results results = Run();
  const PathSettings settings{.model = *TestWorld().model, .places = *TestWorld().places};
  Population population(scenario_, *TestWorld().places);
  const Site site{.id = "NRT",
                  .pop = "NRT",
                  .address = {},
                  .endpoint = settings.model.SiteAt(options_.pops[0])};
  std::map<std::string, std::vector<double>> lagos_ms;
  for (const Sample& sample : results.samples()) {
    const Arrival arrival = population.Next();
    Placement placement{.client = TestWorld().places->PlaceOf(sample.city),
                        .client_address = {net::CityAddressV4(sample.city, arrival.client),
                                           ClientPortOf(arrival.number)},
                        .by_proxy = true};
    placement.wish.faults = FaultsAt(scenario_, arrival.due);
    const Path path = DrawPath(settings, placement, {.site = &site}, 0);
    ASSERT_NEAR(ToMs(sample.felt), FeltMs(settings, path), 0.002) << ToMs(sample.due);
    if (placement.client.country == "NG") {
      lagos_ms[placement.wish.faults.empty() ? "whole" : "cut"].push_back(path.rtt_ms);
    }
  }
  const double cut_ms = *std::min_element(lagos_ms["cut"].begin(), lagos_ms["cut"].end());
  EXPECT_GE(cut_ms, lagos_ms["whole"][0]);
}

TEST_F(EngineTest, APublicResolverIsLedByWhereItStands) {
  scenario_.clients.cities.clear();
  const net::CityId lagos = TestWorld().places->Find("Lagos")->city;
  scenario_.populations = {{.name = "p",
                            .cities = {{lagos, 1}},
                            .steering = {Steering::kDns},
                            .resolver = TestWorld().places->Find("Tokyo")->city}};
  scenario_.clients.cities = scenario_.populations[0].cities;
  const Results results = Run();
  for (const Sample& sample : results.samples()) ASSERT_EQ(results.pops()[sample.pop], "NRT");
}

TEST_F(EngineTest, WhoseResolverIsSilentWaitsInVain) {
  scenario_.clients.steering = {Steering::kDns, Steering::kAnycast};
  scenario_.timeline = {{.at = 2s, .action = Action::kResolverOutage, .target = "DE", .lasts = 3s}};
  const Results results = Run();
  for (const Sample& sample : results.samples()) {
    const std::string& country = TestWorld().places->cities()[sample.city].country;
    const bool out =
        country == "DE" && sample.steering == Steering::kDns && sample.due >= 2s && sample.due < 5s;
    ASSERT_EQ(sample.failure, out ? Failure::kTimeout : Failure::kNone);
  }
}

TEST_F(EngineTest, PopulationsDoNotDependOnThreadsEither) {
  scenario_.clients.rate_per_s = 20'000;
  scenario_.populations = {{.name = "a",
                            .cities = {scenario_.clients.cities[0], scenario_.clients.cities[1]},
                            .steering = {Steering::kDns},
                            .rate = {{1s, 1}, {3s, 3}},
                            .sessions = Sessions{.pages_mean = 3, .think_mean = 1s}},
                           {.name = "b",
                            .cities = {scenario_.clients.cities[2], scenario_.clients.cities[3]},
                            .steering = {Steering::kAnycast},
                            .diurnal = true,
                            .wish = *net::ParsePathWish("access=4g")}};
  scenario_.day.length = 10s;
  const Results one = Run();
  EXPECT_NEAR(static_cast<double>(one.samples().size()),
              ExpectedRequests(scenario_, *TestWorld().places), 3'000);
  options_.threads = 3;
  const Results other = Run();
  ASSERT_EQ(other.samples().size(), one.samples().size());
  for (size_t i = 0; i < one.samples().size(); ++i) {
    ASSERT_TRUE(Same(one.samples()[i], other.samples()[i])) << i;
  }
}

}  // namespace
}  // namespace terrella::sim
