#include "sim/chaos/fact_sheet.h"

#include <gtest/gtest.h>

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;
constexpr ClusterTimes kTimes{.command = 20ms};

EventRecord Event(Duration at, Duration took, std::string action, std::string target) {
  return {.at = at, .took = took, .action = action + " " + target, .target = target};
}

TEST(FactSheet, TellsLivesAndDrainsOfIntervals) {
  const std::vector<std::string> pops = {"", "FRA", "NRT"};
  const std::vector<EventRecord> events = {
      Event(1s, 20ms, "kill", "FRA"),  Event(2s, 300ms, "start", "FRA"),
      Event(3s, 20ms, "drain", "FRA"), Event(5s, 20ms, "undrain", "FRA"),
      Event(6s, 20ms, "drain", "NRT"), Event(7s, 250ms, "deploy", "hello")};
  const FactSheet facts(pops, events, kTimes);
  EXPECT_TRUE(facts.LivedIn("FRA", 0s, 1s));
  EXPECT_FALSE(facts.LivedIn("FRA", 1020ms, 2299ms));
  EXPECT_TRUE(facts.LivedIn("FRA", 1020ms, 2300ms));
  EXPECT_TRUE(facts.DrainedThrough("FRA", 3020ms, 5019ms));
  EXPECT_FALSE(facts.DrainedThrough("FRA", 3019ms, 4s));
  EXPECT_FALSE(facts.DrainedThrough("FRA", 4s, 5020ms));
  EXPECT_TRUE(facts.SomebodyServedThrough(0s, 6s)) << "NRT did";
  EXPECT_TRUE(facts.SomebodyServedThrough(5020ms, 9s)) << "FRA did";
  EXPECT_FALSE(facts.SomebodyServedThrough(4s, 9s)) << "neither did all the time";
  EXPECT_TRUE(facts.SomebodyDiedIn(1s, 2s));
  EXPECT_FALSE(facts.SomebodyDiedIn(2s, 9s));
  EXPECT_EQ(facts.DeploysBy(7249ms), 0u);
  EXPECT_EQ(facts.DeploysBy(7250ms), 1u);
}

TEST(FactSheet, ANodeWithoutEventsServes) {
  const std::vector<std::string> pops = {"", "FRA"};
  const FactSheet facts(pops, {}, kTimes);
  EXPECT_TRUE(facts.LivedIn("FRA", 0s, 1s));
  EXPECT_FALSE(facts.DrainedThrough("FRA", 0s, 1s));
  EXPECT_TRUE(facts.SomebodyServedThrough(0s, 1h));
}

}  // namespace
}  // namespace terrella::sim
