#include "sim/report/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    scenario_.name = "t";
    scenario_.clients.steering = {Steering::kDns, Steering::kAnycast};
    for (int i = 0; i < 3; ++i) Add("Berlin", "FRA", 20ms, Failure::kNone);
    Add("Berlin", "AMS", 30ms, Failure::kNone);
    Add("Lagos", "", 0ms, Failure::kConnect);
  }
  void Add(std::string_view city, std::string_view pop, Duration felt, Failure failure) {
    results_.Add({.due = 1s,
                  .felt = felt,
                  .city = places_->Find(city)->city,
                  .pop = results_.PopIndex(pop),
                  .version = results_.VersionIndex("v1"),
                  .failure = failure});
  }
  void Assert(std::string_view text) { scenario_.assertions.push_back(*ParseAssertion(text)); }

  std::shared_ptr<const net::Places> places_ = TestWorld();
  Results results_{places_};
  Scenario scenario_;
};

TEST_F(ReportTest, GroupsByContinentAndCityWithTheMixOfPops) {
  Report report = MakeReport(scenario_, results_);
  ASSERT_EQ(report.cities.size(), 2u);
  EXPECT_EQ(report.cities[0].name, "Berlin");  // most requests first
  EXPECT_EQ(report.cities[0].pops[0].first, "FRA");
  EXPECT_DOUBLE_EQ(report.cities[0].pops[0].second, 0.75);
  EXPECT_EQ(report.cities[1].errors, 1u);
  ASSERT_EQ(report.continents.size(), 2u);
  EXPECT_EQ(report.continents[0].name, "Africa");
  EXPECT_EQ(report.total.requests, 5u);
  EXPECT_EQ(report.failures, (std::vector<std::pair<std::string, uint64_t>>{{"connect", 1}}));
}

TEST_F(ReportTest, PagesAreToldApartByWhatPeopleSpeak) {
  const auto add = [&](Protocol protocol, Duration felt, Failure failure = Failure::kNone) {
    results_.AddPage({.felt = felt,
                      .city = places_->Find("Berlin")->city,
                      .failure = failure,
                      .protocol = protocol});
  };
  EXPECT_FALSE(MakeReport(scenario_, results_).pages);
  for (int i = 0; i < 3; ++i) add(Protocol::kHttp2, 100ms);
  Report report = MakeReport(scenario_, results_);
  EXPECT_EQ(report.pages->requests, 3u);
  EXPECT_TRUE(report.page_protocols.empty()) << "all speak the same";
  add(Protocol::kHttp1, 200ms);
  add(Protocol::kHttp1, 0ms, Failure::kTimeout);
  report = MakeReport(scenario_, results_);
  ASSERT_EQ(report.page_protocols.size(), 2u);
  EXPECT_EQ(report.page_protocols[0].name, "http/1.1");
  EXPECT_EQ(report.page_protocols[0].errors, 1u);
  EXPECT_NEAR(report.page_protocols[0].p50_ms, 200, 4);
  EXPECT_EQ(report.page_protocols[1].requests, 3u);
  const auto json = nlohmann::json::parse(ReportToJson(report));
  EXPECT_EQ(json["page_protocols"][1]["name"], "h2");
}

TEST_F(ReportTest, PassesOnlyWhenEveryAssertionHoldsAndEveryEventHappened) {
  Assert("p95_ms.Berlin < 100");
  EXPECT_TRUE(MakeReport(scenario_, results_).passed());
  Assert("errors < 0.1%");
  EXPECT_FALSE(MakeReport(scenario_, results_).passed());
  scenario_.assertions.pop_back();
  results_.AddEvent(
      {.at = 1s, .action = "kill FRA", .target = "FRA", .ok = false, .detail = "no such node"});
  EXPECT_FALSE(MakeReport(scenario_, results_).passed());
}

TEST_F(ReportTest, JsonHasEveryPartAndNullForWhatHasNoValue) {
  Assert("p95_ms.Lagos < 100");
  nlohmann::json json = nlohmann::json::parse(ReportToJson(MakeReport(scenario_, results_)));
  EXPECT_EQ(json["passed"], false);
  EXPECT_TRUE(json["assertions"][0]["actual"].is_null());
  EXPECT_EQ(json["cities"][0]["pops"]["FRA"], 0.75);
  EXPECT_EQ(json["versions"]["v1"], 4);
  EXPECT_EQ(json["steering"].size(), 2u);
}

TEST_F(ReportTest, SlicesOfTimeHoldEveryRequestOnce) {
  scenario_.duration = 30s;
  const Report report = MakeReport(scenario_, results_);
  EXPECT_LE(report.slices.size(), kSlicesMax);
  EXPECT_NEAR(report.slice_s * static_cast<double>(report.slices.size()), 30, report.slice_s);
  uint64_t requests = 0, errors = 0;
  for (const TimeSlice& slice : report.slices) {
    requests += slice.requests;
    errors += slice.errors;
    EXPECT_EQ(slice.requests > slice.errors, !std::isnan(slice.p50_ms));
  }
  EXPECT_EQ(requests, 5u);
  EXPECT_EQ(errors, 1u);
}

TEST_F(ReportTest, ACurveRisesFromTheLeastToTheMost) {
  const Report report = MakeReport(scenario_, results_);
  ASSERT_EQ(report.curves.size(), 3u) << "dns, anycast, all";
  const Curve& all = report.curves.back();
  ASSERT_EQ(all.ms.size(), 101u);
  EXPECT_TRUE(std::is_sorted(all.ms.begin(), all.ms.end()));
  EXPECT_NEAR(all.ms.front(), 20, 0.5);
  EXPECT_NEAR(all.ms.back(), 30, 0.6);
  EXPECT_TRUE(report.curves[1].ms.empty()) << "nobody went by anycast";
}

}  // namespace
}  // namespace terrella::sim
