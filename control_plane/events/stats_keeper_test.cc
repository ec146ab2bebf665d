// Heartbeats in, minutes and sums out; and what a second process reads of the first one's files.
#include "control_plane/events/stats_keeper.h"

#include <gtest/gtest.h>

#include <fstream>

#include "control_plane/events/stats_log.h"

namespace terrella::control {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

v1::Heartbeat Beat(const std::string& script, const std::string& version, uint64_t requests,
                   uint64_t cpu_us = 100, const std::string& country = "DE") {
  v1::Heartbeat heartbeat;
  v1::ScriptStats& stats = *heartbeat.add_scripts();
  stats.set_script(script);
  stats.set_version_id(version);
  stats.set_requests(requests);
  stats.set_errors(1);
  stats.set_cpu_us(requests * cpu_us);
  stats.set_body_bytes(10 * requests);
  Histogram cpu;
  cpu.Add(cpu_us, requests);
  stats.mutable_cpu_us_buckets()->Assign(cpu.buckets().begin(), cpu.buckets().end());
  v1::FailureCount& failure = *stats.add_failures();
  failure.set_kind("exception");
  failure.set_count(1);
  v1::CountryCount& from = *stats.add_countries();
  from.set_country(country);
  from.set_requests(requests);
  return heartbeat;
}

class StatsKeeperTest : public ::testing::Test {
 protected:
  StatsKeeperTest() { clock_.Advance(hours(24 * 365 * 50)); }
  v1::StatsResponse Query(StatsKeeper& keeper, v1::StatsRequest::By by = v1::StatsRequest::ALL,
                          uint32_t since_s = 0, const char* script = "a") {
    v1::StatsRequest request;
    request.set_script(script);
    request.set_by(by);
    request.set_since_s(since_s);
    auto response = keeper.Query(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::StatsResponse();
  }

  ManualClock clock_;
};

TEST_F(StatsKeeperTest, AddsUpByWhatIsAsked) {
  StatsKeeper keeper(clock_);
  keeper.OnHeartbeat("FRA", Beat("a", "1", 10));
  keeper.OnHeartbeat("SIN", Beat("a", "1", 20, 100, "SG"));
  keeper.OnHeartbeat("FRA", Beat("b", "1", 1000));
  clock_.Advance(minutes(2));
  keeper.OnHeartbeat("FRA", Beat("a", "2", 40, 5000));
  const v1::StatsResponse all = Query(keeper);
  EXPECT_EQ(all.total().requests(), 70u);
  EXPECT_EQ(all.total().errors(), 3u);
  EXPECT_EQ(all.total().body_bytes(), 700u);
  EXPECT_EQ(all.total().failures().at("exception"), 3u);
  EXPECT_NEAR(static_cast<double>(all.total().cpu_p99_us()), 5000, 100);
  EXPECT_EQ(all.rows_size(), 0);
  const v1::StatsResponse pops = Query(keeper, v1::StatsRequest::POP);
  ASSERT_EQ(pops.rows_size(), 2);
  EXPECT_EQ(pops.rows(0).key(), "FRA");
  EXPECT_EQ(pops.rows(0).requests(), 50u);
  const v1::StatsResponse versions = Query(keeper, v1::StatsRequest::VERSION);
  ASSERT_EQ(versions.rows_size(), 2);
  EXPECT_EQ(versions.rows(1).requests(), 40u);
  EXPECT_NEAR(static_cast<double>(versions.rows(0).cpu_p50_us()), 100, 2);
  const v1::StatsResponse countries = Query(keeper, v1::StatsRequest::COUNTRY);
  ASSERT_EQ(countries.rows_size(), 2);
  EXPECT_EQ(countries.rows(0).key(), "DE");
  EXPECT_EQ(countries.rows(1).requests(), 20u);
  EXPECT_EQ(Query(keeper, v1::StatsRequest::MINUTE).rows_size(), 2);
  EXPECT_EQ(Query(keeper, v1::StatsRequest::ALL, 60).total().requests(), 40u);
  EXPECT_EQ(Query(keeper, v1::StatsRequest::SCRIPT, 0, "").rows_size(), 2);
  v1::StatsRequest unknown;
  unknown.set_script("nobody");
  EXPECT_EQ(keeper.Query(unknown).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StatsKeeperTest, TheOldestGoFirst) {
  StatsKeeper keeper(clock_, {.minutes_max = 10, .cells_max = 4});
  for (int i = 0; i < 3; ++i) {
    keeper.OnHeartbeat("FRA", Beat("a", "1", 1));
    keeper.OnHeartbeat("SIN", Beat("a", "1", 1));
    clock_.Advance(minutes(1));
  }
  EXPECT_EQ(keeper.cells(), 4u);
  EXPECT_EQ(Query(keeper).total().requests(), 4u);
  clock_.Advance(minutes(9));
  keeper.OnHeartbeat("FRA", Beat("a", "1", 1));
  EXPECT_EQ(Query(keeper).total().requests(), 3u);
}

TEST_F(StatsKeeperTest, ASecondProcessKnowsTheMinutesThatWereOver) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "stats_keeper_test";
  std::filesystem::remove_all(folder);
  {
    StatsLog log(folder);
    StatsKeeper keeper(clock_);
    keeper.set_on_minute([&](const v1::StatsMinute& minute) { log.Append(minute); });
    for (int i = 0; i < 90; ++i) {
      keeper.OnHeartbeat("FRA", Beat("a", "1", 1));
      clock_.Advance(minutes(1));
    }
  }
  const auto read = [&] {
    StatsKeeper keeper(clock_);
    StatsLog(folder).Read([&](const v1::StatsMinute& minute) { keeper.Load(minute); });
    return Query(keeper).total();
  };
  EXPECT_EQ(read().requests(), 89u);
  EXPECT_NEAR(static_cast<double>(read().cpu_p50_us()), 100, 2);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 3);
  }
  EXPECT_EQ(read().requests(), 87u);  // one torn end in each of two files
  StatsLog log(folder);
  v1::StatsMinute later;
  later.set_unix_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
                        (clock_.WallNow() + hours(30)).time_since_epoch())
                        .count());
  log.Append(later);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace terrella::control
