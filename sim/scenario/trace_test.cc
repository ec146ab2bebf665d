// Goal: what a trace says is asked, line by line; what it cannot say is refused with its line.
#include "sim/scenario/trace.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/population.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kReplay = R"(version = 1
name = "replay"
duration = "10s"
[clients]
trace = "monday.csv"
[[request]]
host = "hello"
path = "/"
[[request]]
host = "hello"
path = "/known"
)";

absl::StatusOr<Scenario> Replay(std::string_view lines, const TraceLimits& limits = {}) {
  auto scenario = ParseScenario(kReplay, "s.toml", *TestWorld(), "edge.test");
  if (!scenario.ok()) return scenario;
  RETURN_IF_ERROR(ReadTrace(lines, "monday.csv", *TestWorld(), *scenario, limits));
  return scenario;
}

TEST(Trace, EveryLineIsAskedOnceAtItsTime) {
  const auto s = Replay(
      "ms,place,path\n0,Lagos,/\n12.5,DE,/known\n# a "
      "note\n12.5,continent:EU,/new?x=1\n20,Lagos,/new?x=1\n");
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_EQ(s->requests.size(), 3u) << "one path was not there";
  EXPECT_EQ(s->requests[2].path, "/new?x=1");
  EXPECT_EQ(s->requests[2].host, s->requests[0].host);
  Population population(*s, *TestWorld());
  const net::CityId lagos = TestWorld()->Find("Lagos")->city;
  const Duration due[] = {0ms, 12500us, 12500us, 20ms};
  const size_t requests[] = {0, 1, 2, 2};
  for (uint64_t i = 0; i < 4; ++i) {
    const Arrival arrival = population.Next();
    EXPECT_EQ(arrival.number, i);
    EXPECT_EQ(arrival.due, due[i]);
    EXPECT_EQ(arrival.request, requests[i]);
    const net::City& city = TestWorld()->cities()[arrival.city];
    if (i == 1) {
      EXPECT_EQ(city.country, "DE");
    } else if (i == 2) {
      EXPECT_EQ(city.continent, net::Continent::kEurope);
    } else {
      EXPECT_EQ(arrival.city, lagos);
    }
  }
  EXPECT_EQ(population.Next().due, Duration::max());
  EXPECT_EQ(population.Next().number, 4u);
  EXPECT_EQ(ExpectedRequests(*s, *TestWorld()), 4);
  EXPECT_EQ(ExpectedByKind(*s, *TestWorld()), (std::vector<double>{1, 1, 2}));
  EXPECT_EQ(s->clients.cities.size(), 3u);
  EXPECT_FALSE(IsSteady(*s));
  EXPECT_NE(ExplainScenario(*s, *TestWorld()).find("the 4 lines of monday.csv"), std::string::npos);
}

TEST(Trace, WhatIsAfterTheEndIsNotAskedAndSaid) {
  const auto s = Replay("ms,place,path\n0,Lagos,/\n10000,Lagos,/\n");
  ASSERT_TRUE(s.ok()) << s.status();
  EXPECT_EQ(ExpectedRequests(*s, *TestWorld()), 1);
  ASSERT_EQ(s->warnings.size(), 1u);
  EXPECT_EQ(s->warnings[0], "monday.csv: 1 of 2 lines are after the scenario's end");
}

TEST(Trace, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "monday.csv: expected the header line"},
      {"ms,place\n", "monday.csv:1: "},
      {"ms,place,path\n", "monday.csv: expected at least one line"},
      {"ms,place,path\n0,Lagos,/\nx,Lagos,/\n", "monday.csv:3: "},
      {"ms,place,path\n5,Lagos,/\n4,Lagos,/\n", "monday.csv:3: expected times in their order"},
      {"ms,place,path\n5,Lagoss,/\n", "monday.csv:2: "},
      {"ms,place,path\n5,Lagos,x\n", "monday.csv:2: expected a path of ASCII"},
      {"ms,place,path\n5,Lagos\n", "monday.csv:2: "},
      {"ms,place,path\n-1,Lagos,/\n", "monday.csv:2: "},
  };
  for (const auto& [text, error] : rows) {
    const auto s = Replay(text);
    ASSERT_FALSE(s.ok()) << text;
    EXPECT_TRUE(Message(s.status()).starts_with(error)) << Message(s.status());
  }
  EXPECT_FALSE(Replay("ms,place,path\n0,Lagos,/a\n0,Lagos,/b\n", {.kinds_max = 3}).ok());
  EXPECT_FALSE(Replay("ms,place,path\n0,Lagos,/\n1,Lagos,/\n", {.rows_max = 1}).ok());
  EXPECT_FALSE(Replay("ms,place,path\n0,Lagos,/\n", {.file_bytes_max = 10}).ok());
}

TEST(Trace, StandsAloneForWhoAsksWhen) {
  const std::pair<const char*, const char*> rows[] = {
      {"trace = \"monday.csv\"\nrate_per_s = 5", "expected no 'rate_per_s' beside 'trace'"},
      {"trace = \"monday.csv\"\ncities = [\"Lagos\"]", "expected no 'cities' beside 'trace'"},
      {"trace = \"monday.csv\"\n[[population]]\nname = \"p\"\ncities = [\"Lagos\"]",
       "expected no [[population]] beside 'trace'"},
  };
  for (const auto& [lines, error] : rows) {
    std::string text(kReplay);
    const std::string_view trace = "trace = \"monday.csv\"";
    text.replace(text.find(trace), trace.size(), lines);
    const auto s = ParseScenario(text, "s.toml", *TestWorld(), "edge.test");
    ASSERT_FALSE(s.ok()) << lines;
    EXPECT_NE(Message(s.status()).find(error), std::string_view::npos) << Message(s.status());
  }
}

}  // namespace
}  // namespace terrella::sim
