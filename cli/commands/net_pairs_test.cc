// Goal: a table of pairs comes back whole and in order, or is refused by line.
#include "cli/commands/net_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHeader = "lat1,lon1,country1,lat2,lon2,country2\n";

const net::LatencyModel& Model() {
  static const auto model = net::LatencyModel::Load(*net::FindDataDir());
  return **model;
}

TEST(NetPairs, AppendsTheBaseTimeToEveryRow) {
  const std::string rows = "51.5,-0.12,GB,40.71,-74,US\n6.45,3.39,NG,6.45,3.39,\n";
  const auto csv = PredictPairs(std::string(kHeader) + rows, "pairs.csv", Model());
  ASSERT_TRUE(csv.ok()) << Message(csv.status());
  const double rtt =
      Model().RttMs(Model().SiteAt("GB", {51.5, -0.12}), Model().SiteAt("US", {40.71, -74}));
  EXPECT_EQ(*csv, fmt::format("lat1,lon1,country1,lat2,lon2,country2,predicted_rtt_ms\n"
                              "51.5,-0.12,GB,40.71,-74,US,{:.3f}\n"
                              "6.45,3.39,NG,6.45,3.39,,1.000\n",
                              rtt));
}

TEST(NetPairs, TakesSpreadsheetsTables) {
  const auto csv = PredictPairs(
      "\xEF\xBB\xBFlat1,lon1,country1,lat2,lon2,country2\r\n1,2,,1,2,\r\n", "pairs.csv", Model());
  ASSERT_TRUE(csv.ok()) << Message(csv.status());
  EXPECT_THAT(*csv, HasSubstr("\n1,2,,1,2,,1.000\n"));
}

TEST(NetPairs, RefusesTheFirstBadRowByLine) {
  struct Row {
    const char *row, *error;
  };
  const Row rows[] = {
      {"51.5,-0.12,GB,40.71,-74\n", "pairs.csv:3: expected 6 fields, got 5"},
      {"51.5,-0.12,GB,40.71,-74,US,9\n", "pairs.csv:3: expected 6 fields"},
      {"91,0,GB,40.71,-74,US\n", "pairs.csv:3: expected a number from -90 to 90 in field 1"},
      {"1,0,GB,40.71,-181,US\n", "pairs.csv:3: expected a number from -180 to 180 in field 5"},
      {"1,x,GB,40.71,-181,US\n", "pairs.csv:3: expected a number"},
      {"nan,1,GB,40.71,-74,US\n", "pairs.csv:3: expected a number"},
      {"1,1,GBR,40.71,-74,US\n",
       "pairs.csv:3: expected a country such as NG or nothing in field 3"},
      {"1,1,GB,40.71,-74,us\n", "pairs.csv:3: expected a country such as NG or nothing in field 6"},
      {"\n", "pairs.csv:3: expected 6 fields"},
  };
  for (const Row& row : rows) {
    const std::string csv = std::string(kHeader) + "1,1,,2,2,\n" + row.row;
    EXPECT_THAT(std::string(Message(PredictPairs(csv, "pairs.csv", Model()).status())),
                HasSubstr(row.error));
    EXPECT_FALSE(PredictPairsJson(csv, "pairs.csv", Model()).ok());
  }
  EXPECT_THAT(std::string(Message(PredictPairs("lat,lon\n", "pairs.csv", Model()).status())),
              HasSubstr("pairs.csv:1: expected the header line"));
}

}  // namespace
}  // namespace terrella::cli
