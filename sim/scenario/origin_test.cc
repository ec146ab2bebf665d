// Goal: origins are read with all they say, refuse what they cannot be, and think as long as they
// are said to.
#include "sim/scenario/origin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kShop = R"(version = 1
name = "shop"
duration = "20s"
[clients]
cities = ["Lagos"]
[[origin]]
host = "API.example"
city = "Frankfurt"
think = "40ms"
spread = 1.5
errors = 0.25
bytes = 2000
cache = "1m"
stale_while_revalidate = "30s"
stale_if_error = "1h"
etag = true
[[request]]
host = "shop"
origins = ["api.example", "api.example"]
service = { ms = 0.4, on_error = { status = 502, bytes = 300 } }
[[timeline]]
at = "5s"
origin_outage = "api.example"
for = "10s"
)";

absl::StatusOr<Scenario> Parse(std::string_view text) {
  return ParseScenario(text, "s.toml", *TestWorld(), "edge.test");
}

TEST(Origin, IsReadWithWhatItSays) {
  const auto s = Parse(kShop);
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_EQ(s->origins.size(), 1u);
  const Origin& origin = s->origins[0];
  EXPECT_EQ(origin.host, "api.example") << "hosts have no case";
  EXPECT_EQ(origin.at, TestWorld()->Find("Frankfurt")->city);
  EXPECT_EQ(origin.think_ms, 40);
  EXPECT_EQ(origin.error_share, 0.25);
  EXPECT_EQ(origin.body_bytes, 2000u);
  ASSERT_TRUE(origin.caching.has_value());
  EXPECT_TRUE(origin.caching->etag);
  EXPECT_EQ(CacheControlOf(origin), "max-age=60, stale-while-revalidate=30, stale-if-error=3600");
  EXPECT_EQ(CacheControlOf({.host = "other.example"}), "no-store");
  EXPECT_EQ(CacheControlOf({.host = "b", .caching = OriginCaching{.fresh = 5s}}), "max-age=5");
  EXPECT_EQ(s->requests[0].origins, (std::vector<size_t>{0, 0}));
  EXPECT_EQ(s->requests[0].service->on_error->status, 502);
  EXPECT_EQ(s->requests[0].service->on_refusal->response_bytes, 300u);
  EXPECT_FALSE(IsOriginOut(*s, "api.example", 4999ms));
  EXPECT_TRUE(IsOriginOut(*s, "api.example", 5s));
  EXPECT_FALSE(IsOriginOut(*s, "api.example", 15s));
  EXPECT_FALSE(IsOriginOut(*s, "other.example", 6s));
  const std::string words = ExplainScenario(*s, *TestWorld());
  for (const char* part :
       {"api.example in Frankfurt thinks 40 ms (26.7 to 60 ms for two of three), 25 % of its "
        "answers are errors, caches may keep its answers 60 s, 30 s more while they ask anew, "
        "60 min more when it fails; asked by shop.edge.test/ (2 times)",
        "the origin api.example refuses connections for 10 s"}) {
    EXPECT_NE(words.find(part), std::string::npos) << part << " is not in:\n" << words;
  }
}

TEST(Origin, HostsHaveNoCaseWhereverTheyAre) {
  std::string text(kShop);
  for (const auto& [from, to] :
       {std::pair<std::string_view, std::string_view>{"[\"api.example\", ", "[\"Api.Example\", "},
        {"outage = \"api.example\"", "outage = \"API.Example\""}}) {
    text.replace(text.find(from), from.size(), to);
  }
  const auto s = Parse(text);
  ASSERT_TRUE(s.ok()) << s.status();
  EXPECT_EQ(s->requests[0].origins, (std::vector<size_t>{0, 0}));
  EXPECT_EQ(s->timeline[0].target, "api.example");
  EXPECT_TRUE(IsOriginOut(*s, "api.example", 6s));
}

TEST(Origin, ADeployIsToldItsCityWhateverTheScenarioCallsIt) {
  const net::Places& places = *TestWorld();
  const net::Place frankfurt = *places.Find("Frankfurt");
  for (const char* called : {"Frankfurt", "FRA", "50.2,8.7"}) {
    std::string text(kShop);
    text.replace(text.find("Frankfurt"), 9, called);
    const auto s = Parse(text);
    ASSERT_TRUE(s.ok()) << s.status();
    const auto told = places.Find(DeployPlace(s->origins[0], places));
    ASSERT_TRUE(told.ok()) << told.status();
    EXPECT_EQ(told->at, places.cities()[s->origins[0].at].at) << called;
  }
  EXPECT_EQ(DeployPlace({.at = frankfurt.city}, places), "Frankfurt am Main, DE");
  // Every city, also one that has a namesake.
  for (net::CityId id = 0; id < places.cities().size(); ++id) {
    const std::string text = DeployPlace({.at = id}, places);
    const auto told = places.Find(text);
    ASSERT_TRUE(told.ok()) << told.status();
    ASSERT_EQ(told->at, places.cities()[id].at) << text;
    ASSERT_EQ(told->country, places.cities()[id].country) << text;
  }
}

TEST(Origin, RefusesWhatItCannotBe) {
  struct Row {
    std::string_view from, to, error;
  };
  const Row rows[] = {
      {"\"Frankfurt\"", "\"Frankfurtt\"", "s.toml:8:8: "},
      {"city = \"Frankfurt\"\n", "", "[[origin]] has no 'city'"},
      {"\"API.example\"", "\"http://api\"", "s.toml:7:8: expected a bare host name"},
      {"errors = 0.25", "errors = 25", "'errors' is 25; expected 0 to 1"},
      {"spread = 1.5", "spread = 0.5", "'spread' is 0.5; expected 1 to 10"},
      {"[\"api.example\", ", "[\"db.example\", ",
       "s.toml:19:12: expected the host of an [[origin]]"},
      {"origin_outage = \"api", "origin_outage = \"app",
       "s.toml:23:17: expected the host of an [[origin]]"},
      {"[[request]]", "[[origin]]\nhost = \"api.example\"\ncity = \"Oslo\"\n[[request]]",
       "two origins are called 'api.example'"},
      {"cache = \"1m\"", "cache = \"1500ms\"", "s.toml:13:9: expected whole seconds for 'cache'"},
      {"cache = \"1m\"", "cache = \"60\"", "s.toml:13:9: "},
      {"cache = \"1m\"\n", "",
       "s.toml:13:26: expected 'cache' beside 'stale_while_revalidate', e.g. cache = \"60s\""},
      {"etag = true", "etag = 1", "s.toml:16:8: "},
      {"host = \"shop\"", "host = \"shop\"\nobjects = 5",
       "s.toml:19:11: expected {object} in 'path'"},
      {"host = \"shop\"", "host = \"shop\"\npath = \"/{object}\"",
       "s.toml:19:8: expected 'objects' beside {object}"},
      {"host = \"shop\"", "host = \"shop\"\nzipf = 1",
       "s.toml:19:8: expected 'objects' beside 'zipf'"},
      {"host = \"shop\"", "host = \"shop\"\npath = \"/{object}\"\nobjects = 0",
       "'objects' is 0; expected 1 to 100000"},
  };
  for (const Row& row : rows) {
    std::string text(kShop);
    text.replace(text.find(row.from), row.from.size(), row.to);
    const auto s = Parse(text);
    ASSERT_FALSE(s.ok()) << row.to;
    EXPECT_NE(Message(s.status()).find(row.error), std::string_view::npos) << Message(s.status());
  }
}

TEST(Origin, ThinksAsLongAsItIsSaidTo) {
  const Origin origin{.host = "a", .think_ms = 40, .spread = 2, .error_share = 0.1};
  std::vector<double> thoughts_ms;
  int failures = 0;
  constexpr int kQuestions = 20'000;
  for (int i = 0; i < kQuestions; ++i) {
    CounterRandom random(7, static_cast<uint64_t>(i));
    const OriginThought thought = DrawThought(origin, random);
    thoughts_ms.push_back(ToMs(thought.think));
    failures += thought.fails;
  }
  std::sort(thoughts_ms.begin(), thoughts_ms.end());
  EXPECT_NEAR(thoughts_ms[kQuestions / 2], 40, 1.5);
  EXPECT_NEAR(thoughts_ms[kQuestions * 84 / 100], 80, 4);
  EXPECT_NEAR(failures, kQuestions * origin.error_share, 4 * std::sqrt(0.09 * kQuestions));
  CounterRandom random(7);
  EXPECT_EQ(DrawThought({.host = "b", .think_ms = 40}, random).think, Duration(40ms));
}

}  // namespace
}  // namespace terrella::sim
