// Goal: the page says what the report says, needs nothing from elsewhere, and shows what people
// typed as text.
#include "cli/sim/report_html.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cli/sim/line_chart.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string PageOf(const sim::Report& report, bool keeps_requests = true) {
  const auto dir = net::FindDataDir();
  CHECK(dir.ok());
  const auto places = net::Places::Load(*dir);
  CHECK(places.ok());
  const auto page =
      ReportHtml(report, **places,
                 {.description = "<b>&", .keeps_requests = keeps_requests, .data_dir = *dir});
  CHECK(page.ok());
  return *page;
}

sim::Report SmallReport() {
  const double nothing = std::nan("");
  sim::Report report{.name = "</title><script>alert(1)</script>", .seed = 3, .duration_s = 2};
  report.total = {.name = "all", .requests = 4, .errors = 1, .error_share = 0.25, .p50_ms = 20};
  report.cities = {
      {.name = "A\"b", .country = "DE", .requests = 3, .p50_ms = 20, .pops = {{"FRA", 1}}},
      {.name = "Dark",
       .country = "FR",
       .requests = 1,
       .errors = 1,
       .error_share = 1,
       .p50_ms = nothing,
       .p95_ms = nothing,
       .p99_ms = nothing}};
  report.slice_s = 1;
  report.slices = {
      {.begin_s = 0, .requests = 3, .p50_ms = 20, .p95_ms = 30},
      {.begin_s = 1, .requests = 1, .errors = 1, .p50_ms = nothing, .p95_ms = nothing}};
  report.curves = {{.name = "all", .ms = std::vector<double>(101, 20)}};
  report.events = {{.at = std::chrono::seconds(1), .action = "kill FRA"}};
  report.assertions = {{.text = "p95_ms < 10", .actual = 30, .holds = false}};
  return report;
}

TEST(ReportHtml, ShowsWhatPeopleTypedAsText) {
  const std::string page = PageOf(SmallReport());
  EXPECT_EQ(Count(page, "<script>"), 1u) << "our own";
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
  EXPECT_NE(page.find("<p>&lt;b&gt;&amp;</p>"), std::string::npos);
  EXPECT_NE(page.find("A&quot;b, DE"), std::string::npos);
}

TEST(LineChart, MarksWithoutRoomKeepTheirRuleAndLoseTheirName) {
  LineChart chart("felt", {.name = "seconds", .max = 60}, {.name = "ms", .max = 100});
  for (int i = 0; i < 20; ++i) chart.AddMark(30 + i * 0.1, fmt::format("drain F{:02}", i));
  chart.AddMark(60, "start LHR");
  const std::string svg = chart.ToSvg();
  EXPECT_EQ(Count(svg, "class=\"mark\""), 21u);
  EXPECT_EQ(Count(svg, "drain F"), 3u) << "one a row";
  EXPECT_NE(svg.find("text-anchor=\"end\">start LHR"), std::string::npos);
}

TEST(ReportHtml, NeedsNothingFromElsewhere) {
  const std::string page = PageOf(SmallReport());
  EXPECT_EQ(Count(page, "http"), Count(page, "xmlns=\"http://www.w3.org/2000/svg\""));
  for (const char* loads : {"src=", "href=", "@import", "url(http"}) {
    EXPECT_EQ(page.find(loads), std::string::npos) << loads;
  }
}

TEST(ReportHtml, SaysThatItFailedAndWhatDidNotHold) {
  sim::Report report = SmallReport();
  EXPECT_NE(PageOf(report).find("✗ failed"), std::string::npos);
  EXPECT_NE(PageOf(report).find("<code>p95_ms &lt; 10</code>"), std::string::npos);
  report.assertions[0].holds = true;
  EXPECT_NE(PageOf(report).find("✓ passed"), std::string::npos);
}

TEST(ReportHtml, TellsWhereTimeWentWhoMovedAndHowToHaveItAgain) {
  sim::Report report = SmallReport();
  report.typical = {{.region = "Europe",
                     .city = "A\"b",
                     .country = "DE",
                     .pop = "FRA",
                     .felt_ms = 40,
                     .phases = sim::Phases::Of(40, {.dns_ms = 11.5, .connect_ms = 12})}};
  report.shifts = {{.at_s = 1, .until_s = 2, .what = "kill FRA", .moved = 1}};
  report.shifts[0].moves = {{.name = "A\"b",
                             .country = "DE",
                             .from = "FRA",
                             .to = "AMS",
                             .before_ms = 10,
                             .after_ms = 35,
                             .requests = 9}};
  report.replay = {.command = "terrella sim run 'a & b.toml'", .scenario_sha256 = "c0ffee"};
  const std::string page = PageOf(report);
  EXPECT_NE(page.find("Europe, by dns: A&quot;b to FRA, 40 ms"), std::string::npos);
  EXPECT_EQ(Count(page, "a log of the run"), 1u);
  EXPECT_EQ(Count(PageOf(report, false), " log of the run"), 0u) << "a sampled run has none";
  EXPECT_NE(page.find("<td>11.5</td><td>12.0</td>"), std::string::npos);
  EXPECT_EQ(Count(page, "type=\"radio\""), 3u);
  EXPECT_EQ(Count(page, "class=\"arc view-2\""), 1u);
  EXPECT_NE(page.find(">+25</td><td>by dns: FRA to AMS</td>"), std::string::npos);
  EXPECT_NE(page.find("terrella sim run 'a &amp; b.toml'"), std::string::npos);
  EXPECT_NE(page.find("c0ffee"), std::string::npos);
}

TEST(ReportHtml, TellsWhatNodesKeptWhereTheyWereAsked) {
  sim::Report report = SmallReport();
  std::string page = PageOf(report);
  EXPECT_EQ(Count(page, "Nodes' caches"), 0u);
  EXPECT_EQ(Count(page, "Workers KV"), 0u);
  sim::CacheCounts counts;
  for (const auto use :
       {sim::CacheUse::kHit, sim::CacheUse::kHit, sim::CacheUse::kStale, sim::CacheUse::kMiss}) {
    counts.Add(use);
  }
  report.caches = {.all = counts, .continents = {{"Europe", counts}}, .pops = {{"FRA", counts}}};
  report.kv = {{.name = "all",
                .reads = 8,
                .writes = 2,
                .stale_reads = 2,
                .stale_share = 0.25,
                .stale_max_ms = 1500},
               {.name = "Asia", .reads = 1, .stale_share = 0},
               {.name = "Africa"}};
  page = PageOf(report);
  EXPECT_EQ(Count(page,
                  "<th scope=\"row\">at FRA</th><td>4</td><td data-key=\"0.500000\">50.00 "
                  "%</td><td data-key=\"0.250000\">25.00 %</td><td>1</td>"),
            1u)
      << page;
  EXPECT_EQ(Count(page,
                  "<td>2</td><td>8</td><td>2</td><td data-key=\"0.250000\">25.00 %</td><td "
                  "data-key=\"1500.000\">1.5 s</td>"),
            1u)
      << page;
  EXPECT_EQ(Count(page, ">Africa<"), 0u) << "nobody there asked";
}

TEST(ReportHtml, CrossesOutThePopsThatAreGoneAndNoOthers) {
  sim::Report report = SmallReport();
  report.shifts = {{.at_s = 1, .until_s = 2, .moved = 1}};
  report.shifts[0].moves = {{.name = "A", .country = "DE", .from = "FRA", .to = "AMS"}};
  const auto crossed = [&](const char* what) {
    report.shifts[0].what = what;
    return Count(PageOf(report), "l10 10m0 -10l-10 10\" stroke-width=\"2.4\"");
  };
  EXPECT_EQ(crossed("kill FRA"), 1u);
  EXPECT_EQ(crossed("kill AMS, drain FRA"), 1u);
  EXPECT_EQ(crossed("undrain FRA"), 0u) << "it was brought back";
  EXPECT_EQ(crossed("start FRA"), 0u);
  EXPECT_EQ(crossed("kill FRA, start FRA"), 0u);
  EXPECT_EQ(crossed("drain FRANCE"), 0u);
}

TEST(ReportHtml, WhatHasNoValueIsNoNumber) {
  const std::string page = PageOf(SmallReport());
  EXPECT_EQ(Count(page, "nan"), 0u);
  EXPECT_NE(page.find("<td data-key=\"-1\">–</td>"), std::string::npos);
  sim::Report empty{.name = "nobody came", .duration_s = 1};
  EXPECT_EQ(Count(PageOf(empty), "nan"), 0u);
}

TEST(LineChart, InterruptsALineWhereThereIsNoValue) {
  LineChart chart("t", {.name = "x", .max = 4}, {.name = "y", .max = 1});
  chart.AddLine({.name = "l", .points = {{0, 1}, {1, 1}, {2, std::nan("")}, {3, 0}, {4, 0}}});
  const std::string svg = chart.ToSvg();
  const size_t path = svg.find("<path d=\"");
  const std::string d = svg.substr(path + 9, svg.find('"', path + 9) - path - 9);
  EXPECT_EQ(Count(d, "M"), 2u);
  EXPECT_EQ(Count(d, "L"), 2u);
}

TEST(LineChart, RoundsUpToStepsPeopleCountIn) {
  EXPECT_EQ(RoundUp(0), 1);
  EXPECT_EQ(RoundUp(std::nan("")), 1);
  EXPECT_DOUBLE_EQ(RoundUp(0.03), 0.05);
  EXPECT_DOUBLE_EQ(RoundUp(1), 1);
  EXPECT_DOUBLE_EQ(RoundUp(1.1), 2);
  EXPECT_DOUBLE_EQ(RoundUp(51), 100);
}

}  // namespace
}  // namespace terrella::cli
