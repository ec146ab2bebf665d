// Goal: a dump gives the same table however its bytes are cut, and every malformed row is refused
// with its line.
#include "sim/net/ping_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/status.h"
#include "sim/net/data_dir.h"

namespace terrella::net {
namespace {

using ::testing::HasSubstr;

const Places& World() {
  static const auto places = *Places::Load(*FindDataDir());
  return *places;
}

// As WonderProxy writes them: names in quotes, spaces behind commas.
constexpr std::string_view kServers =
    "\"id\",\"name\",\"title\",\"location\",\"state\",\"country\",\"state_abbv\",\"continent\","
    "\"latitude\",\"longitude\"\n"
    "7, \"fra\", \"Frankfurt, DE\", \"Frankfurt\", \"\", \"Germany\", \"\", \"4\", \"50.1\", "
    "\"8.7\"\n"
    "3, \"nyc\", \"New York\", \"New York\", \"New York\", \"United States\", \"NY\", \"6\", 40.7, "
    "-74\n"
    "9, \"abc\", \"Somewhere\", \"Lagos\", \"\", \"Atlantis\", \"\", \"1\", 6.5, 3.4\n";
constexpr std::string_view kHead =
    "\"source\",\"destination\",\"timestamp\",\"min\",\"avg\",\"max\",\"mdev\"\n";

std::vector<MeasuredSite> Servers() {
  auto servers = ReadPingServers(kServers, "servers.csv", World());
  EXPECT_TRUE(servers.ok()) << Message(servers.status());
  return *servers;
}

std::string ErrorOf(std::string_view text) {
  PingDump dump(Servers(), "pings.csv");
  absl::Status status = dump.Feed(text);
  if (status.ok()) status = dump.Finish();
  return std::string(Message(status));
}

TEST(PingDump, KnowsServersByColumnsAndCountriesByNameOrPlace) {
  const auto servers = Servers();
  ASSERT_EQ(servers.size(), 3u);
  EXPECT_EQ(servers[0].id, 3u);
  EXPECT_EQ(servers[0].country, "US");
  EXPECT_EQ(servers[1].name, "Frankfurt");
  EXPECT_EQ(servers[1].country, "DE");
  EXPECT_EQ(servers[2].country, "NG");  // of the nearest city
}

TEST(PingDump, KeepsTheSteadyTimeOfEachDirectionHoweverItIsCut) {
  const std::string text = std::string(kHead) +
                           "\"7\",\"3\",\"2020-07-19 00:05:05\",\"82.5\",\"84\",\"90\",\"2\"\r\n"
                           "7,3,2020-07-19 01:05:05,81.25,82,120,1\n"
                           "3,7,2020-07-19 01:05:05,83,83.5,84,0.5\n"
                           "3,3,2020-07-19 01:05:05,0.01,0.02,0.1,0\n"  // to itself
                           "3,1234,2020-07-19 01:05:05,1,2,3,4\n"       // not in the list
                           "9,3,2020-07-19 01:05:05,150,151,152,1";     // without a line's end
  for (size_t piece = 1; piece <= text.size(); piece = piece * 3 + 1) {
    PingDump dump(Servers(), "pings.csv");
    for (size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(dump.Feed(std::string_view(text).substr(at, piece)).ok()) << piece;
    }
    ASSERT_TRUE(dump.Finish().ok());
    EXPECT_EQ(dump.pings(), 5u);
    EXPECT_EQ(dump.unknown(), 1u);
    const Measured measured = dump.ToMeasured();
    ASSERT_EQ(measured.paths.size(), 3u);
    const MeasuredPath& path = measured.paths[1];  // from 7 to 3
    EXPECT_EQ(measured.sites[path.from].id, 7u);
    EXPECT_DOUBLE_EQ(path.min_ms, 81.25);
    EXPECT_DOUBLE_EQ(path.avg_ms, 83);
    EXPECT_DOUBLE_EQ(path.max_ms, 120);
    EXPECT_DOUBLE_EQ(path.mdev_ms, 1.5);
    ASSERT_EQ(measured.Pairs().size(), 2u);
    EXPECT_DOUBLE_EQ(measured.Pairs()[0].base_ms, 81.25);  // the less of both directions
  }
}

TEST(PingDump, RefusesMalformedRowsWithTheirLine) {
  const std::string head(kHead), good = "7,3,t,1,2,3,0.5\n";
  struct Row {
    std::string text;
    const char* error;
  };
  const Row rows[] = {
      {"", "pings.csv: expected pings, got nothing"},
      {"source,destination,min,avg,max\n", "pings.csv:1: expected a column 'mdev'"},
      {head + good + "7,3,t,1,2,3\n", "pings.csv:3: expected 7 fields, got 6"},
      {head + good + "7,3,t,1,2,3,4,5\n", "pings.csv:3: expected 7 fields, got 8"},
      {head + "x,3,t,1,2,3,4\n", "pings.csv:2: expected a server's number as source"},
      {head + "7,-3,t,1,2,3,4\n", "pings.csv:2: expected a server's number as destination"},
      {head + "7,3,t,,2,3,4\n", "pings.csv:2: expected 0 to 60000 ms as min, got ''"},
      {head + "7,3,t,1,nan,3,4\n", "as avg, got 'nan'"},
      {head + "7,3,t,1,2,-1,4\n", "as max, got '-1'"},
      {head + "7,3,t,1,2,3,1e9\n", "as mdev, got '1e9'"},
      {head + "\"7,3,t,1,2,3,4\n", "pings.csv:2: expected a line of comma-separated fields"},
      {head + std::string(5000, '7'), "pings.csv:2: expected a line of at most 4096 bytes"},
      {head + std::string(200, ','), "pings.csv:2: expected a line of comma-separated fields"}};
  for (const Row& row : rows) EXPECT_THAT(ErrorOf(row.text), HasSubstr(row.error));
  EXPECT_EQ(ErrorOf(head + good + "\n" + good), "");  // an empty line is none

  const auto servers = [](const std::string& rows) {
    return std::string(
        Message(ReadPingServers("id,location,country,latitude,longitude\n" + rows, "s.csv", World())
                    .status()));
  };
  EXPECT_EQ(servers("1,A,Germany,50,8\n"), "");
  EXPECT_THAT(servers(""), HasSubstr("expected servers"));
  EXPECT_THAT(servers("1,A,Germany,91,8\n"), HasSubstr("s.csv:2: expected degrees"));
  EXPECT_THAT(servers("a,A,Germany,50,8\n"), HasSubstr("s.csv:2: expected a number as id"));
  EXPECT_THAT(servers("1,A,Germany,50,8\n1,B,Germany,50,8\n"), HasSubstr("got 1 again"));
  EXPECT_THAT(servers("1,A,Germany,50\n"), HasSubstr("s.csv:2: expected 5 fields, got 4"));
  EXPECT_THAT(Message(ReadPingServers("id,location\n", "s.csv", World()).status()),
              HasSubstr("s.csv:1: expected a column 'country'"));
}

TEST(Measured, IsReadBackAsItWasSaved) {
  Measured measured{
      .sites = {{1, "Köln, am Rhein", "DE", {50.9375, 6.9603}}, {4, "A \"b\"", "US", {40.5, -74}}},
      .paths = {{0, 1, 80.125, 81, 99.5, 1.25}, {1, 0, 79.5, 80, 98, 1}}};
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("ping_dump_test.{}", getpid());
  ASSERT_TRUE(measured.Save(folder).ok());
  const auto back = Measured::Load(folder);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(back.ok()) << Message(back.status());
  ASSERT_EQ(back->sites.size(), 2u);
  EXPECT_EQ(back->sites[0].name, "Köln, am Rhein");
  EXPECT_EQ(back->sites[1].name, "A \"b\"");
  EXPECT_EQ(back->sites[0].at, measured.sites[0].at);
  ASSERT_EQ(back->paths.size(), 2u);
  EXPECT_DOUBLE_EQ(back->paths[0].min_ms, 80.125);
  EXPECT_DOUBLE_EQ(back->Pairs()[0].base_ms, 79.5);
}

TEST(Measured, RefusesBrokenTablesWithTheirLine) {
  const std::string cities = "id,name,country,lat,lon,population\n1,A,DE,50,8,\n2,B,DE,51,9,5\n";
  const std::string head = "src_id,dst_id,min_ms,avg_ms,max_ms,mdev_ms\n";
  const auto error = [&](const std::string& rows) {
    return std::string(Message(Measured::Parse(cities, head + rows).status()));
  };
  EXPECT_EQ(error("1,2,1,2,3,0\n"), "");
  EXPECT_THAT(error("1,3,1,2,3,0\n"),
              HasSubstr("rtt_ms.csv:2: expected a site of cities.csv, got 3"));
  EXPECT_THAT(error("1,1,1,2,3,0\n"), HasSubstr("rtt_ms.csv:2: expected two sites"));
  EXPECT_THAT(error("1,2,x,2,3,0\n"), HasSubstr("rtt_ms.csv:2: expected a number"));
  EXPECT_THAT(Message(Measured::Parse(
                          "id,name,country,lat,lon,population\n2,A,DE,50,8,\n1,B,DE,5,9,\n", head)
                          .status()),
              HasSubstr("cities.csv:3: expected sites by rising id"));
}

}  // namespace
}  // namespace terrella::net
