#include "cli/study/goal.h"

#include <gtest/gtest.h>

#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

using namespace std::chrono_literals;

TEST(Goal, IsAMetricOfACity) {
  EXPECT_TRUE(ParseGoal("p95_ms < 80").ok());
  EXPECT_TRUE(ParseGoal("errors < 1%").ok());
  EXPECT_FALSE(ParseGoal("p95_ms.Lagos < 80").ok());
  EXPECT_FALSE(ParseGoal("failover_ms < 80").ok());
  EXPECT_FALSE(ParseGoal("page_p95_ms < 80").ok()) << "cities are told by their requests";
  EXPECT_FALSE(ParseGoal("fast").ok());
}

TEST(Goal, CountsPeopleByTheWeightOfTheirCities) {
  const auto places = *net::Places::Load(*net::FindDataDir());
  const net::CityId lagos = places->Find("Lagos")->city, tokyo = places->Find("Tokyo")->city,
                    berlin = places->Find("Berlin")->city;
  sim::Scenario scenario;
  scenario.clients.cities = {{lagos, 3}, {tokyo, 1}, {berlin, 4}};
  sim::Results results(places);
  const uint16_t pop = results.PopIndex("FRA");
  results.VersionIndex("v");
  results.Add({.felt = 50ms, .city = lagos, .pop = pop, .version = 1});
  results.Add({.felt = 90ms, .city = tokyo, .pop = pop, .version = 1});
  // Nobody asked from Berlin.
  EXPECT_DOUBLE_EQ(ShareWithin(*ParseGoal("p95_ms < 80"), scenario, results), 3.0 / 8);
  EXPECT_DOUBLE_EQ(ShareWithin(*ParseGoal("p95_ms < 100"), scenario, results), 4.0 / 8);
  EXPECT_DOUBLE_EQ(ShareWithin(*ParseGoal("p95_ms < 10"), scenario, results), 0);
}

}  // namespace
}  // namespace terrella::cli
