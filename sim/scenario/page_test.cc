// Goal: a page is loaded depth by depth, what people have is not asked for, and a scenario that
// says a page wrongly is told so.
#include "sim/scenario/page.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/person.h"
#include "sim/scenario/test_world.h"

namespace terrella::sim {
namespace {

constexpr std::string_view kShop = R"(version = 1
name = "shop"
duration = "20s"
assertions = ["page_p95_ms.Lagos < 3000", "page_errors < 1%"]
[clients]
cities = ["Lagos"]
[[request]]
host = "shop"
[[request]]
host = "shop"
path = "/style.css"
weight = 0
[[page]]
host = "shop"
parts = [{ path = "/style.css", count = 3, cached = 0.5 }, { path = "/style.css", depth = 2 }]
)";

absl::StatusOr<Scenario> Parse(std::string_view text) {
  return ParseScenario(text, "s.toml", *TestWorld(), "edge.test");
}

// All that may be asked for now.
std::vector<PageAsk> AskAll(PageLoad& load) {
  std::vector<PageAsk> out;
  while (const auto ask = load.Next()) out.push_back(*ask);
  return out;
}
std::vector<size_t> RequestsOf(const std::vector<PageAsk>& asks) {
  std::vector<size_t> out;
  for (const PageAsk& ask : asks) out.push_back(ask.request);
  return out;
}
std::vector<size_t> ConnectionsOf(const std::vector<PageAsk>& asks) {
  std::vector<size_t> out;
  for (const PageAsk& ask : asks) out.push_back(ask.connection);
  return out;
}
using Numbers = std::vector<size_t>;

TEST(Page, IsLoadedDepthByDepth) {
  const Page page{.parts = {{.request = 3, .count = 1, .depth = 2},
                            {.request = 1, .count = 2},
                            {.request = 2, .count = 1}}};
  for (const Protocol protocol : kProtocols) {
    PageLoad load(page, protocol, 1, 0);
    const std::vector<PageAsk> first = AskAll(load);
    EXPECT_EQ(RequestsOf(first), (Numbers{1, 1, 2})) << "nobody knows of the rest yet";
    for (const PageAsk& ask : first) {
      EXPECT_FALSE(load.Next());
      load.Answered(ask);
    }
    EXPECT_FALSE(load.done());
    const std::vector<PageAsk> last = AskAll(load);
    EXPECT_EQ(RequestsOf(last), (Numbers{3}));
    EXPECT_FALSE(load.done());
    load.Answered(last[0]);
    EXPECT_TRUE(load.done());
    EXPECT_FALSE(load.Next());
    EXPECT_TRUE(PageLoad({}, protocol, 1, 0).done());
  }
}

TEST(Page, Http1HasSixConnectionsAHostWithOneRequestEach) {
  const Page page{.parts = {{.request = 1, .count = 8}, {.request = 2, .count = 8, .host = 1}}};
  PageLoad load(page, Protocol::kHttp1, 1, 0);
  const std::vector<PageAsk> asks = AskAll(load);
  EXPECT_EQ(ConnectionsOf(asks), (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_FALSE(asks[0].opens) << "the document's";
  EXPECT_TRUE(asks[1].opens && asks[6].opens);
  EXPECT_EQ(asks[6].request, 2u);
  load.Answered(asks[3]);
  const auto more = load.Next();
  ASSERT_TRUE(more);
  EXPECT_EQ(more->request, 1u);
  EXPECT_EQ(more->connection, 3u);
  EXPECT_FALSE(more->opens);
  EXPECT_FALSE(load.Next());
  load.Answered(asks[7]);
  EXPECT_EQ(load.Next()->connection, asks[7].connection) << "the other host's own";
}

TEST(Page, Http2HasOneConnectionAHostWithAHundredStreams) {
  const Page page{.parts = {{.request = 1, .count = 101}, {.request = 2, .count = 2, .host = 1}}};
  PageLoad load(page, Protocol::kHttp2, 1, 0);
  const std::vector<PageAsk> asks = AskAll(load);
  ASSERT_EQ(asks.size(), 102u);
  Numbers expected(100);
  expected.insert(expected.end(), {1, 1});
  EXPECT_EQ(ConnectionsOf(asks), expected);
  EXPECT_TRUE(asks[100].opens);
  EXPECT_FALSE(asks[0].opens || asks[101].opens);
  load.Answered(asks[5]);
  EXPECT_EQ(load.Next()->connection, 0u);
  EXPECT_FALSE(load.Next());
}

TEST(Page, WhatPeopleHaveIsNotAskedFor) {
  const Page page{.parts = {{.request = 1, .count = 10, .cached_share = 0.7}}};
  size_t asked = 0;
  constexpr uint64_t kPeople = 1000;
  for (uint64_t number = 0; number < kPeople; ++number) {
    PageLoad load(page, Protocol::kHttp2, 1, number);
    while (load.Next()) ++asked;
  }
  EXPECT_NEAR(static_cast<double>(asked), 3.0 * kPeople, 200);
}

TEST(Page, IsReadFromAScenario) {
  const auto s = Parse(kShop);
  ASSERT_TRUE(s.ok()) << s.status();
  ASSERT_EQ(s->pages.size(), 1u);
  EXPECT_EQ(s->pages[0].document, 0u);
  ASSERT_EQ(s->pages[0].parts.size(), 2u);
  EXPECT_EQ(s->pages[0].parts[0].request, 1u);
  EXPECT_EQ(s->pages[0].parts[0].count, 3);
  EXPECT_EQ(s->pages[0].parts[1].depth, 2);
  EXPECT_EQ(PageOf(*s, 0), &s->pages[0]);
  EXPECT_EQ(PageOf(*s, 1), nullptr);
  EXPECT_NE(ExplainScenario(*s, *TestWorld())
                .find("shop.edge.test/ is a page of 4 parts of 1 host, 2 deep"),
            std::string::npos);
}

TEST(Page, PartsOfOtherHostsAreNumberedAsTheyCome) {
  std::string text(kShop);
  const std::string_view from = "parts = [";
  text.replace(text.find(from), from.size(),
               "parts = [{ host = \"b\", path = \"/\" }, { host = \"a\", path = \"/\" }, "
               "{ host = \"b\", path = \"/\" }, ");
  text += "[[request]]\nhost = \"a\"\n[[request]]\nhost = \"b\"\n";
  const auto s = Parse(text);
  ASSERT_TRUE(s.ok()) << s.status();
  Numbers hosts;
  for (const PagePart& part : s->pages[0].parts) hosts.push_back(part.host);
  EXPECT_EQ(hosts, (Numbers{1, 2, 1, 0, 0}));
  EXPECT_NE(ExplainScenario(*s, *TestWorld()).find("of 3 hosts"), std::string::npos);
}

TEST(Protocol, IsOneOrWeightsAndDrawnForEachPerson) {
  const auto with = [](std::string_view line, std::string_view population = "") {
    std::string text(kShop);
    const std::string_view from = "cities = [\"Lagos\"]";
    const std::string people = population.empty() ? std::string(from) : "";
    text.replace(
        text.find(from), from.size(),
        fmt::format("{}\n{}{}", line, people,
                    population.empty()
                        ? ""
                        : fmt::format("[[population]]\nname = \"p\"\n{}\n{}", from, population)));
    return Parse(text);
  };
  const auto share = [](const Scenario& s) {
    int h2 = 0;
    constexpr int kPeople = 2000;
    for (uint32_t client = 0; client < kPeople; ++client) {
      const Protocol protocol = ProtocolOf(s, s.clients.cities[0].city, client);
      EXPECT_EQ(protocol, ProtocolOf(s, s.clients.cities[0].city, client));
      h2 += protocol == Protocol::kHttp2;
    }
    return static_cast<double>(h2) / kPeople;
  };
  EXPECT_EQ(share(*with("")), 0);
  EXPECT_EQ(share(*with("protocol = \"http/1.1\"")), 0);
  EXPECT_EQ(share(*with("protocol = \"h2\"")), 1);
  EXPECT_NEAR(share(*with("protocol = { h2 = 3, \"http/1.1\" = 1 }")), 0.75, 0.04);
  EXPECT_EQ(share(*with("protocol = \"h2\"", "protocol = \"http/1.1\"")), 0);
  EXPECT_EQ(share(*with("protocol = \"h2\"", "weight = 1")), 1) << "a population has what all have";
  const std::pair<std::string_view, std::string_view> wrong[] = {
      {"protocol = \"h3\"", "expected http/1.1 or h2, got 'h3'"},
      {"protocol = {}", "expected a weight above 0"},
      {"protocol = { h3 = 1 }", "h3"},
  };
  for (const auto& [line, error] : wrong) {
    const auto s = with(line);
    ASSERT_FALSE(s.ok()) << line;
    EXPECT_NE(Message(s.status()).find(error), std::string_view::npos) << Message(s.status());
  }
}

TEST(Page, SaysWhatIsWrongAndWhere) {
  struct Row {
    std::string_view from, to, error;
  };
  const Row rows[] = {
      {"[[page]]\nhost = \"shop\"", "[[page]]\nhost = \"shpo\"",
       "s.toml:14:8: expected the host and path of a [[request]]"},
      {"path = \"/style.css\", depth", "path = \"/stile.css\", depth",
       "expected the host and path of a [[request]]"},
      {"count = 3", "count = 0", "'count' is 0; expected 1 to 1000"},
      {"[[request]]\nhost = \"shop\"\n[[", "[[request]]\nhost = \"shop\"\nweight = 0\n[[",
       "expected a [[request]] with a weight above 0"},
      {"cities = [\"Lagos\"]", "cities = [\"Lagos\"]\nconnection = \"keep-alive\"",
       "expected connection = \"new\" with [[page]]"},
  };
  for (const Row& row : rows) {
    std::string text(kShop);
    ASSERT_NE(text.find(row.from), std::string::npos) << row.from;
    text.replace(text.find(row.from), row.from.size(), row.to);
    const auto s = Parse(text);
    ASSERT_FALSE(s.ok()) << row.to;
    EXPECT_NE(Message(s.status()).find(row.error), std::string_view::npos) << Message(s.status());
  }
}

}  // namespace
}  // namespace terrella::sim
