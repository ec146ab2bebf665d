#include "sim/scenario/parse.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/status.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGood = R"(version = 1
name = "t"
seed = 7
duration = "20s"
assertions = ["p95_ms.Lagos < 120", "errors < 0.1%"]
[clients]
rate_per_s = 100
cities = ["Lagos", {city = "Berlin", weight = 3}]
steering = ["dns", "anycast"]
connection = "keep-alive"
timeout = "3s"
[[worker]]
path = "hello"
[[request]]
host = "hello"
path = "/x?y=1"
[[timeline]]
at = "15s"
start = "fra"
[[timeline]]
at = "10s"
kill = "FRA"
)";

absl::StatusOr<Scenario> Parse(std::string_view text) {
  return ParseScenario(text, "s.toml", *TestWorld(), "edge.test");
}

// kGood with one text replaced by another.
std::string With(std::string_view from, std::string_view to) {
  std::string text(kGood);
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string WithNetwork(std::string_view lines) {
  return With("[[worker]]", "[network]\n" + std::string(lines) + "\n[[worker]]");
}

TEST(ParseScenario, ReadsWhatPeopleHaveBetweenThemAndTheNetwork) {
  EXPECT_FALSE(Parse(kGood)->network.wish.access);
  auto s = Parse(WithNetwork("access = \"mix\"\nloss = \"1%/4\"\nhour = 20.5"));
  ASSERT_TRUE(s.ok()) << s.status();
  EXPECT_EQ(net::PathWishText(s->network.wish), "access=mix;loss=1%/4;hour=20.5");
  EXPECT_FALSE(s->network.mix);
  EXPECT_EQ(Parse(WithNetwork("anycast = \"cdn\""))->network.anycast, "cdn");
  s = Parse(WithNetwork("access = { fibre = 2, 4g = 1 }\nhour = \"6:30\""));
  ASSERT_TRUE(s.ok()) << s.status();
  EXPECT_EQ((*s->network.mix)[static_cast<size_t>(net::AccessType::kFibre)], 2);
  EXPECT_EQ((*s->network.mix)[static_cast<size_t>(net::AccessType::k4g)], 1);
  EXPECT_EQ(s->network.wish.hour_utc, 6.5);
  const std::pair<const char*, const char*> rows[] = {
      {"access = \"pigeon\"", "s.toml:13:10: access: expected an access: wired, mix"},
      {"access = { pigeon = 1 }", "s.toml:13:12: unknown key 'pigeon'"},
      {"access = { fibre = 0 }", "s.toml:13:10: expected at least one weight above 0"},
      {"loss = \"90%\"", "s.toml:13:8: loss: expected a share of packets"},
      {"loss = 0.1", "s.toml:13:8: "},
      {"hour = 24", "s.toml:13:8: "},
      {"anycast = \"far\"", "s.toml:13:11: expected nearest, cdn, root, startup or regional"},
      {"weather = \"rain\"", "s.toml:13:1: unknown key 'weather'"},
  };
  for (const auto& [line, message] : rows) {
    const std::string text(Message(Parse(WithNetwork(line)).status()));
    EXPECT_NE(text.find(message), std::string::npos) << line << " gives: " << text;
  }
}

TEST(ParseScenario, ReadsAWholeScenario) {
  auto s = Parse(kGood);
  ASSERT_TRUE(s.ok()) << s.status();
  EXPECT_EQ(s->name, "t");
  EXPECT_EQ(s->seed, 7u);
  EXPECT_EQ(s->duration, Duration(20s));
  ASSERT_EQ(s->clients.cities.size(), 2u);
  EXPECT_EQ(s->clients.cities[1].weight, 3);
  EXPECT_GT(s->clients.cities[0].weight, 1e6);  // its Internet users
  EXPECT_EQ(s->clients.steering.size(), 2u);
  EXPECT_TRUE(s->clients.keep_alive);
  ASSERT_EQ(s->requests.size(), 1u);
  EXPECT_EQ(s->requests[0].host, "hello.edge.test");
  ASSERT_EQ(s->timeline.size(), 2u);
  EXPECT_EQ(s->timeline[0].target, "FRA");  // sorted by time
  EXPECT_EQ(s->timeline[1].target, "FRA");  // code in capitals
  EXPECT_EQ(s->assertions.size(), 2u);
}

TEST(ParseScenario, WorldTakesTheMostPopulousCities) {
  auto s = Parse(With(R"(["Lagos", {city = "Berlin", weight = 3}])", "\"world:2\""));
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_EQ(s->clients.cities.size(), 2u);
  EXPECT_GE(s->clients.cities[0].weight, s->clients.cities[1].weight);
}

TEST(ParseScenario, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string_view from, to, error;
  };
  const Case kCases[] = {
      {"version = 1", "version = 2", "s.toml:1:11: 'version' is 2; expected 1 to 1"},
      {"name = \"t\"", "", "no 'name'"},
      {"seed = 7", "sede = 7", "s.toml:3:1: unknown key 'sede'; did you mean 'seed'?"},
      {"\"20s\"", "\"20\"", "s.toml:4:12: 'duration': '20' is not a duration"},
      {"\"Lagos\"", "\"Lagoss\"", "did you mean Lagos?"},
      {"\"Lagos\"", "\"Berlin\"", "'Berlin' stands here twice"},
      {"\"Lagos\"", "\"world:0\"", "expected \"world:N\""},
      {"\"anycast\"", "\"multicast\"", "expected \"dns\" or \"anycast\""},
      {"keep-alive", "kept", "expected new or keep-alive, got 'kept'"},
      {"at = \"10s\"", "at = \"21s\"", "'at' is 21s; expected 0 ms to 20000 ms"},
      {"at = \"10s\"\n", "", "[[timeline]] has no 'at'"},
      {"kill = \"FRA\"", "kill = \"FRB\"", "FRA"},
      {"kill = \"FRA\"", "", "expected exactly one of kill"},
      {"kill = \"FRA\"", "kill = \"FRA\"\ndrain = \"FRA\"", "expected exactly one of kill"},
      {"p95_ms.Lagos", "p95_ms.Lagoss", "did you mean Lagos?"},
      {"p95_ms.Lagos", "p95.Lagos", "not a metric"},
      {"path = \"/x?y=1\"", "path = \"x\"", "starts with '/'"},
      {"host = \"hello\"", "host = \"a b\"", "expected a request's 'host'"},
      {"path = \"hello\"", "", "[[worker]] has no 'path'"},
      {"rate_per_s = 100", "rate_per_s = 0", "'rate_per_s' is 0; expected"},
  };
  for (const Case& c : kCases) {
    auto s = Parse(With(c.from, c.to));
    ASSERT_FALSE(s.ok()) << c.to;
    EXPECT_NE(Message(s.status()).find(c.error), std::string_view::npos) << Message(s.status());
    EXPECT_TRUE(Message(s.status()).starts_with("s.toml:")) << Message(s.status());
  }
}

TEST(ParseScenario, ReadsPopulations) {
  auto s = Parse(With(R"(cities = ["Lagos", {city = "Berlin", weight = 3}])", "") + R"(
[day]
length = "2m"
starts = "6:30"
[[population]]
name = "telephones"
weight = 3
cities = ["country:NG"]
access = "4g"
diurnal = true
resolver = "London"
[[population]]
name = "offices"
cities = [{ city = "continent:EU", weight = 10 }]
steering = "anycast"
requests = ["hello"]
rate = [{ at = "0s", times = 1 }, { at = "5s", times = 4 }]
sessions = { pages = 5, think = "2s" }
)");
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_EQ(s->populations.size(), 2u);
  const People &telephones = s->populations[0], &offices = s->populations[1];
  EXPECT_EQ(telephones.steering.size(), 2u) << "as [clients] says";
  EXPECT_TRUE(telephones.diurnal);
  EXPECT_EQ(telephones.resolver, TestWorld()->Find("London")->city);
  EXPECT_EQ(net::PathWishText(telephones.wish), "access=4g");
  EXPECT_EQ(offices.steering, std::vector{Steering::kAnycast});
  EXPECT_EQ(offices.requests, std::vector<size_t>{0});
  EXPECT_EQ(offices.rate.size(), 2u);
  EXPECT_EQ(offices.sessions->pages_mean, 5);
  double weights = 0;
  for (const ClientCity& city : offices.cities) {
    EXPECT_EQ(TestWorld()->cities()[city.city].continent, net::Continent::kEurope);
    weights += city.weight;
  }
  EXPECT_NEAR(weights, 10, 1e-6);
  EXPECT_EQ(s->clients.cities.size(), telephones.cities.size() + offices.cities.size());
  EXPECT_EQ(s->day.starts_hour_utc, 6.5);
}

TEST(ParseScenario, ReadsFaultsOfPathsAndResolvers) {
  auto s = Parse(With("connection = \"keep-alive\"", "") + R"(
[[timeline]]
at = "1s"
cut = ["EU", "NA"]
for = "5s"
phase = "cut"
[[timeline]]
at = "2s"
loss = "5%/3"
between = ["DE", "US"]
[[timeline]]
at = "3s"
resolver_outage = "NG"
)");
  ASSERT_TRUE(s.ok()) << s.status();
  const TimelineEvent &cut = s->timeline[0], &loss = s->timeline[1], &outage = s->timeline[2];
  EXPECT_EQ(EventText(cut), "cut EU-NA");
  EXPECT_EQ(cut.lasts, Duration(5s));
  EXPECT_EQ(loss.fault.loss->share, 0.05);
  EXPECT_EQ(outage.lasts, Duration::max());
  const std::vector<Phase> phases = PhasesOf(*s);
  ASSERT_EQ(phases.size(), 2u);
  EXPECT_EQ(phases[0].to, Duration(1s));
  EXPECT_EQ(phases[1].name, "cut");
}

TEST(ParseScenario, ReadsByHowMuchADiskIsSlowAndAClockWrong) {
  auto s = Parse(std::string(kGood) + R"(
[[timeline]]
at = "1s"
slow_disk = "FRA"
by = "200ms"
[[timeline]]
at = "2s"
skew = "FRA"
by = "-5m"
[[timeline]]
at = "3s"
skew = "FRA"
by = "0s"
)");
  ASSERT_TRUE(s.ok()) << s.status();
  std::vector<TimelineEvent> events;
  for (const TimelineEvent& event : s->timeline) {
    if (HasAmount(event.action)) events.push_back(event);
  }
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(EventText(events[0]), "slow_disk FRA by 200ms");
  EXPECT_EQ(EventText(events[1]), "skew FRA by -5m");
  EXPECT_EQ(events[1].by, Duration(-5min));
  EXPECT_EQ(EventText(events[2]), "skew FRA by 0s");
}

TEST(ParseScenario, WarnsOfCodesThatAreTwoPlaces) {
  std::string text = With("connection = \"keep-alive\"", "") + R"(
[[timeline]]
at = "1s"
cut = ["EU", "NA"]
[[timeline]]
at = "3s"
resolver_outage = "SA"
)";
  text.replace(text.find("errors <"), 8, "errors.AS & dns <");
  auto s = Parse(text);
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_EQ(s->warnings.size(), 3u);
  EXPECT_TRUE(s->warnings[0].starts_with("s.toml:26:14: 'NA' is a continent's code and that of "))
      << s->warnings[0];
  EXPECT_TRUE(s->warnings[1].starts_with("s.toml:29:19: 'SA'")) << s->warnings[1];
  EXPECT_TRUE(s->warnings[2].starts_with("s.toml:5:37: 'AS'")) << s->warnings[2];
  for (const auto& [bare, full] : {std::pair("\"NA\"", "\"continent:NA\""),
                                   {"\"SA\"", "\"country:SA\""},
                                   {".AS", ".country:AS"}}) {
    text.replace(text.find(bare), std::string_view(bare).size(), full);
  }
  s = Parse(text);
  ASSERT_TRUE(s.ok()) << s.status();
  EXPECT_TRUE(s->warnings.empty()) << s->warnings[0];
}

TEST(ParseScenario, SaysWhatIsWrongWithNewerWords) {
  const std::pair<const char*, const char*> rows[] = {
      {"[[timeline]]\nat = \"1s\"\ncut = [\"EU\", \"NA\"]", "expected connection = \"new\""},
      {"[[timeline]]\nat = \"1s\"\nresolver_outage = \"Lagoss\"", "did you mean Lagos?"},
      {"[[timeline]]\nat = \"1s\"\nkill = \"FRA\"\nfor = \"2s\"", "only beside cut"},
      {"[[timeline]]\nat = \"1s\"\nkill = \"FRA\"\nphase = \"a b\"", "a word without spaces"},
      {"[[timeline]]\nat = \"1s\"\nkill = \"FRA\"\nname = \"x\"", "only beside 'deploy'"},
      {"[[timeline]]\nat = \"1s\"\nloss = \"5%\"", "'loss' and 'between' together"},
      {"[[timeline]]\nat = \"1s\"\nslow_disk = \"FRA\"", "'by' together with slow_disk or skew"},
      {"[[timeline]]\nat = \"1s\"\nkill = \"FRA\"\nby = \"1s\"", "'by' together with slow_disk"},
      {"[[timeline]]\nat = \"1s\"\nslow_disk = \"FRA\"\nby = \"-1s\"", "expected 0s to 10s"},
      {"[[timeline]]\nat = \"1s\"\nslow_disk = \"FRA\"\nby = \"11s\"", "expected 0s to 10s"},
      {"[[timeline]]\nat = \"1s\"\nskew = \"FRA\"\nby = \"61m\"", "at most an hour either way"},
      {"[[timeline]]\nat = \"1s\"\nskew = \"FRA\"\nby = \"soon\"", "is not a duration"},
      {"[[timeline]]\nat = \"1s\"\nskew = \"control\"\nby = \"1s\"", "control"},
      {"[[population]]\nname = \"x\"\ncities = [\"Oslo\"]",
       "either here or in every [[population]]"},
      {"[day]\nstarts = \"25\"", "expected an hour"},
      {"[network]\npops = [\"FRA\", \"FRB\"]", "FRB"},
      {"[network]\npops = [\"FRA\", \"FRA\"]", "stands there twice"},
  };
  for (const auto& [lines, error] : rows) {
    const auto s = Parse(std::string(kGood) + lines + "\n");
    ASSERT_FALSE(s.ok()) << lines;
    EXPECT_NE(Message(s.status()).find(error), std::string_view::npos) << Message(s.status());
    EXPECT_TRUE(Message(s.status()).starts_with("s.toml:")) << Message(s.status());
  }
  const std::pair<const char*, const char*> assertions[] = {
      {"p95_ms@drak < 3", "'drak' is no phase; expected start"},
      {"p95_ms.pop:QQQ < 3", "QQQ"},
      {"p95_ms.version:0 < 3", "expected version:1"},
      {"p95_ms.population:x < 3", "no [[population]]"},
      {"failover_ms.Lagos < 3", "failover_ms is of a whole event"},
      {"p95_ms.Lagos & < 3", "nothing after the dot"},
      {"p95_ms < baseline / 2", "expected e.g. baseline * 1.1"},
  };
  for (const auto& [text, error] : assertions) {
    const auto s = Parse(With("errors < 0.1%", text));
    ASSERT_FALSE(s.ok()) << text;
    EXPECT_NE(Message(s.status()).find(error), std::string_view::npos) << Message(s.status());
  }
}

TEST(ParseScenario, ReadsWhatIsAskedOfKv) {
  const std::string plain = "path = \"/x?y=1\"";
  const auto s =
      Parse(With(plain, "kv = { keys = 9, zipf = 0.5, write_share = 0.25, cache_ttl = \"45s\" }"));
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_TRUE(s->requests[0].kv);
  EXPECT_EQ(s->requests[0].kv->keys, 9u);
  EXPECT_EQ(s->requests[0].kv->zipf, 0.5);
  EXPECT_EQ(s->requests[0].kv->write_share, 0.25);
  EXPECT_EQ(s->requests[0].kv->cache_ttl, 45s);
  EXPECT_FALSE(Parse(kGood)->requests[0].kv);

  const std::pair<std::string, const char*> rows[] = {
      {plain + "\nkv = {}", "expected none beside 'kv'"},
      {"method = \"GET\"\nkv = {}", "expected none beside 'kv'"},
      {"kv = { cache_ttl = \"20s\" }", "cache_ttl"},
      {"kv = {}\n[[request]]\nhost = \"hello\"\nkv = {}", "one [[request]] with 'kv' for hello"},
      {"kv = {}\n[[page]]\nhost = \"hello\"\npath = \"/k0\"", "a [[request]] without 'kv'"},
  };
  for (const auto& [lines, error] : rows) {
    const auto wrong = Parse(With(plain, lines));
    ASSERT_FALSE(wrong.ok()) << lines;
    EXPECT_NE(Message(wrong.status()).find(error), std::string_view::npos)
        << Message(wrong.status());
  }
}

TEST(ParseScenario, APurgeIsOfAWorkerThatSomebodyAsks) {
  const std::string purge = std::string(kGood) + "\n[[timeline]]\nat = \"1s\"\npurge = ";
  const auto scenario = Parse(purge + "\"hello\"");
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  const auto event = std::find_if(
      scenario->timeline.begin(), scenario->timeline.end(),
      [](const TimelineEvent& e) { return e.action == TimelineEvent::Action::kPurge; });
  ASSERT_NE(event, scenario->timeline.end());
  EXPECT_EQ(EventText(*event), "purge hello");
  const auto wrong = Parse(purge + "\"goodbye\"");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(Message(wrong.status()).find("expected the worker that a [[request]]'s host names"),
            std::string_view::npos)
      << wrong.status();
}

TEST(ParseScenario, RefusesAFileBeyondTheLimit) {
  EXPECT_EQ(Parse(std::string(2 << 20, '#')).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace terrella::sim
