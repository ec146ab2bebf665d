// Goal: assertions count exactly the samples that their words mean.
#include "sim/scenario/selection.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

class SelectionTest : public testing::Test {
 protected:
  SelectionTest() {
    lagos_ = TestWorld()->Find("Lagos")->city;
    berlin_ = TestWorld()->Find("Berlin")->city;
    scenario_.populations = {{.name = "south", .cities = {{lagos_, 1}}, .steering = {}},
                             {.name = "north", .cities = {{berlin_, 1}}, .steering = {}}};
    scenario_.timeline = {{.at = 5s, .target = "FRA", .phase = "dark"},
                          {.at = 8s, .target = "FRA", .phase = "after"}};
    const uint16_t fra = results_.PopIndex("FRA"), los = results_.PopIndex("LOS");
    const uint16_t late = results_.VersionIndex("late"), early = results_.VersionIndex("early");
    Add(1s, lagos_, los, early, Steering::kDns);
    Add(2s, berlin_, fra, early, Steering::kDns);
    Add(6s, berlin_, los, late, Steering::kAnycast);
    Add(9s, berlin_, fra, late, Steering::kDns);
  }
  void Add(Duration due, net::CityId city, uint16_t pop, uint16_t version, Steering steering) {
    results_.Add({.due = due,
                  .felt = 10ms,
                  .city = city,
                  .pop = pop,
                  .version = version,
                  .status = 200,
                  .steering = steering});
  }
  double Requests(const std::string& who) {
    const auto assertion = ParseAssertion("requests" + who + " > 0");
    EXPECT_TRUE(assertion.ok()) << assertion.status();
    EXPECT_TRUE(CheckAssertion(*assertion, scenario_, *TestWorld()).ok()) << who;
    return results_.Value(*assertion, scenario_);
  }

  net::CityId lagos_ = 0, berlin_ = 0;
  Scenario scenario_;
  Results results_{TestWorld()};
};

TEST_F(SelectionTest, CountsWhatAllWordsMean) {
  const std::pair<const char*, double> rows[] = {
      {"", 4},
      {".Lagos", 1},
      {".EU", 3},
      {".NG & dns", 1},
      {".DE & dns", 2},
      {".pop:fra", 2},
      {".pop:SIN", 0},
      {".DE & pop:LOS", 1},
      {".population:north", 3},
      {".population:north & NG", 0},
      {"@start", 2},
      {"@dark", 1},
      {"@after", 1},
      {".Berlin @ start", 1},
      {".version:1", 2},  // by when they first answered, not by number
      {".version:2 & dns", 1},
      {".version:3", 0},
  };
  for (const auto& [who, count] : rows) EXPECT_EQ(Requests(who), count) << who;
}

TEST_F(SelectionTest, ACodeOfBothIsTheContinent) {
  // "SA" is South America and Saudi Arabia.
  Add(1s, TestWorld()->Find("Riyadh")->city, 1, 1, Steering::kDns);
  EXPECT_EQ(Requests(".SA"), 0);
  EXPECT_EQ(Requests(".SA & dns"), 0);
  EXPECT_EQ(Requests(".continent:SA"), 0);
  EXPECT_EQ(Requests(".country:SA"), 1);
  EXPECT_EQ(Requests(".country:SA & dns"), 1);
  EXPECT_EQ(Requests(".continent:EU"), 3);
  const auto assertion = ParseAssertion("requests.country:EU > 0");
  ASSERT_TRUE(assertion.ok());
  EXPECT_FALSE(CheckAssertion(*assertion, scenario_, *TestWorld()).ok());
}

}  // namespace
}  // namespace terrella::sim
