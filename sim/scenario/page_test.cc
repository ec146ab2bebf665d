// Goal: a page is loaded depth by depth, what people have is not asked for, and a scenario that
// says a page wrongly is told so.
#include "sim/scenario/page.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/parse.h"
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

TEST(Page, IsLoadedDepthByDepth) {
  const Page page{.parts = {{.request = 3, .count = 1, .depth = 2},
                            {.request = 1, .count = 2},
                            {.request = 2, .count = 1}}};
  PageLoad load(page, 1, 0);
  EXPECT_EQ(load.Next(), 1u);
  EXPECT_EQ(load.Next(), 1u);
  EXPECT_EQ(load.Next(), 2u);
  EXPECT_FALSE(load.Next()) << "nobody knows of it yet";
  load.Answered();
  load.Answered();
  EXPECT_FALSE(load.Next());
  load.Answered();
  EXPECT_FALSE(load.done());
  EXPECT_EQ(load.Next(), 3u);
  EXPECT_FALSE(load.done());
  load.Answered();
  EXPECT_TRUE(load.done());
  EXPECT_FALSE(load.Next());
  EXPECT_TRUE(PageLoad({}, 1, 0).done());
}

TEST(Page, WhatPeopleHaveIsNotAskedFor) {
  const Page page{.parts = {{.request = 1, .count = 10, .cached_share = 0.7}}};
  size_t asked = 0;
  constexpr uint64_t kPeople = 1000;
  for (uint64_t number = 0; number < kPeople; ++number) {
    PageLoad load(page, 1, number);
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
  EXPECT_NE(ExplainScenario(*s, *TestWorld()).find("shop.edge.test/ is a page of 4 parts"),
            std::string::npos);
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
      {"[[page]]", "[[timeline]]\nat = \"1s\"\ncut = [\"EU\", \"DE\"]\n[[page]]",
       "expected no cut and loss with [[page]]"},
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
