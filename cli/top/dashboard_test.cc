// The page at the sizes people have, and that it never breaks out of any.
#include "cli/top/dashboard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/app/text_table.h"

namespace terrella::cli {
namespace {

TrafficRates Busy() {
  TrafficRates rates;
  rates.routers = {"dns-1"};
  rates.zone = "edge.test";
  rates.view_serial = 42;
  rates.queries_per_s = 12'345;
  rates.answers_per_s = 12'300;
  rates.truncated_per_s = 3;
  rates.with_subnet_per_s = 6'000;
  rates.sampled_per_s = 12'345;
  rates.sampled_in_cells_per_s = 6'000;
  rates.transports = {{"udp", 12'000}, {"tcp", 345}};
  rates.rcodes = {{"NOERROR", 12'000}, {"NXDOMAIN", 290}, {"REFUSED", 2}};
  rates.types = {{"A", 9000}, {"AAAA", 3000}, {"HTTPS", 300}};
  rates.drops = {{"rate_limit", 45}, {"too_long", 0}};
  for (int i = 0; i < 30; ++i) {
    rates.nodes[fmt::format("N{:02}", i)] = {i == 3   ? v1::NODE_STATE_DOWN
                                             : i == 4 ? v1::NODE_STATE_DRAINING
                                                      : v1::NODE_STATE_READY,
                                             0.42, i == 3 ? 0.0 : 1000.0 / (1 + i)};
    rates.names[fmt::format("name-{}.of-some-length.edge.test", i)] = {1000.0 - i,
                                                                       i > 20 ? 500.0 : 0};
    rates.networks[fmt::format("198.51.{}.0/24", i)] = {100.0 + i, 0};
    rates.cells[fmt::format("2001:db8:{:x}::/48", i)] = {200.0 + i, 0};
  }
  return rates;
}

std::deque<double> History() {
  std::deque<double> out;
  for (int i = 0; i < 200; ++i) out.push_back(i % 50);
  return out;
}

bool Contains(const std::vector<std::string>& page, std::string_view text) {
  return std::any_of(page.begin(), page.end(),
                     [&](const auto& line) { return line.find(text) != std::string::npos; });
}

TEST(Dashboard, FillsAScreenOf80By24) {
  const auto page =
      DrawDashboard(Busy(), History(), {.columns = 80, .lines = 24, .time = "19:40:06"});
  ASSERT_EQ(page.size(), 23u);
  EXPECT_EQ(page[0],
            "edge.test                                             dns-1 · view 42 · 19:40:06");
  EXPECT_TRUE(page[1].starts_with("12,345 q/s  "));
  EXPECT_EQ(page[2], "codes      NOERROR 97.6 %   NXDOMAIN 2.4 %   REFUSED <0.1 %");
  EXPECT_EQ(page[3], "types      A 73.2 %   AAAA 24.4 %   HTTPS 2.4 %");
  EXPECT_EQ(page[4], "by         udp 97.2 %   tcp 2.8 %   with subnet 48.6 %");
  EXPECT_EQ(page[5], "lost       45 dropped/s   0 limited/s   3.0 truncated/s   45 rate_limit/s");
  EXPECT_EQ(page[6], "nodes      28 ready   1 down   1 draining");
  EXPECT_EQ(page[7], "");
  EXPECT_EQ(page[8],
            "NAME                        Q/S       %  NODE         STATE          A/S       %");
  EXPECT_EQ(page[9],
            "name-0.of-some-length…    1,000     8.1  N00          42 % busy    1,000    26.7");
  EXPECT_EQ(page[16],
            "CLIENT NETWORK              Q/S       %  ECS CELL                    Q/S       %");
}

TEST(Dashboard, HasBarsWhereThereIsRoom) {
  const auto page =
      DrawDashboard(Busy(), History(), {.columns = 120, .lines = 40, .time = "19:40:06"});
  EXPECT_GE(page.size(), 38u);
  EXPECT_TRUE(Contains(page, "name-0.of-some-length.edge.te…"));
  EXPECT_TRUE(Contains(page, "█"));
  EXPECT_TRUE(Contains(page, "draining"));
}

TEST(Dashboard, NeverBreaksOutOfAScreen) {
  for (size_t columns = 1; columns <= 200; columns += 3) {
    for (size_t lines = 1; lines <= 60; lines += 7) {
      for (const bool color : {false, true}) {
        const DashboardOptions options{columns, lines, color, "19:40:06", ""};
        for (const TrafficRates& rates : {TrafficRates(), Busy()}) {
          const auto page = DrawDashboard(rates, History(), options);
          EXPECT_LE(page.size(), lines);
          for (const std::string& line : page) {
            EXPECT_LE(DisplayWidth(line), columns) << columns << "x" << lines << ": " << line;
          }
        }
      }
    }
  }
}

TEST(Dashboard, SaysWhatIsWrong) {
  const auto page = DrawDashboard({}, {}, {.trouble = "1 of 2 routers do not answer"});
  EXPECT_TRUE(page[0].starts_with("no view yet"));
  EXPECT_TRUE(page[0].ends_with("1 of 2 routers do not answer"));
}

TEST(Dashboard, WritesRatesForPeople) {
  const struct {
    double per_s;
    std::string_view text;
  } rows[] = {{0, "0"},
              {0.04, "0"},
              {0.05, "0.1"},
              {9.94, "9.9"},
              {9.96, "10"},
              {999.4, "999"},
              {999.6, "1,000"},
              {12345, "12,345"},
              {999'999, "999,999"},
              {999'999.6, "1.00M"},
              {1'234'567, "1.23M"}};
  for (const auto& row : rows) EXPECT_EQ(FormatRate(row.per_s), row.text);
}

}  // namespace
}  // namespace terrella::cli
