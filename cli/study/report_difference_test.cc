#include "cli/study/report_difference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/report/report.h"

namespace terrella::cli {
namespace {

// A run's report: `count` requests of each city, felt times exponential with this mean.
class ReportDifferenceTest : public testing::Test {
 protected:
  struct Wish {
    double mean_ms = 50, error_share = 0;
    const char* pop = "FRA";
  };
  std::string Report(uint64_t seed, const Wish& lagos, const Wish& tokyo, size_t count = 400) {
    sim::Results results(places_);
    results.VersionIndex("v");
    CounterRandom random(seed);
    const auto add = [&](const char* name, const Wish& wish) {
      for (size_t i = 0; i < count; ++i) {
        sim::Sample sample{.city = places_->Find(name)->city};
        const double felt_ms = random.Exponential(wish.mean_ms);
        if (random.Uniform() < wish.error_share) {
          sample.failure = sim::Failure::kTimeout;
        } else {
          sample.felt = FromMs(felt_ms);
          sample.pop = results.PopIndex(wish.pop);
          sample.version = 1;
        }
        results.Add(sample);
      }
    };
    add("Lagos", lagos);
    add("Tokyo", tokyo);
    sim::Scenario scenario;
    scenario.name = "t";
    return sim::ReportToJson(sim::MakeReport(scenario, results));
  }

  std::shared_ptr<const net::Places> places_ = *net::Places::Load(*net::FindDataDir());
};

TEST_F(ReportDifferenceTest, TellsWhatChangedAndWhoMoved) {
  const auto difference = CompareReports(
      Report(1, {}, {}), Report(2, {.mean_ms = 90, .pop = "LOS"}, {.error_share = 0.2}));
  ASSERT_TRUE(difference.ok()) << difference.status();
  ASSERT_EQ(difference->cities.size(), 2u);
  const DifferenceRow& lagos = difference->cities[0];
  EXPECT_EQ(lagos.name, "Lagos");
  EXPECT_TRUE(lagos.p50_ms.sure());
  EXPECT_NEAR(lagos.p50_ms.difference.value, 40 * std::log(2), 10);
  EXPECT_TRUE(lagos.moved());
  EXPECT_EQ(lagos.pop_after, "LOS");
  EXPECT_DOUBLE_EQ(lagos.moved_share, 1);
  EXPECT_FALSE(lagos.error_share.sure());
  const DifferenceRow& tokyo = difference->cities[1];
  EXPECT_FALSE(tokyo.moved());
  EXPECT_TRUE(tokyo.error_share.sure());
  EXPECT_NEAR(tokyo.error_share.difference.value, 0.2, 0.06);
}

// The intervals hold what they promise: of 400 comparisons of equals about one in twenty seems
// sure.
TEST_F(ReportDifferenceTest, ChanceIsTakenForAChangeAsOftenAsItSays) {
  int p50 = 0, p95 = 0, errors = 0, rows = 0;
  for (uint64_t round = 0; round < 200; ++round) {
    const Wish same{.error_share = 0.1};
    const auto difference =
        CompareReports(Report(2 * round + 10, same, same), Report(2 * round + 11, same, same));
    ASSERT_TRUE(difference.ok());
    for (const DifferenceRow& row : difference->cities) {
      p50 += row.p50_ms.sure();
      p95 += row.p95_ms.sure();
      errors += row.error_share.sure();
      ++rows;
    }
  }
  for (const int sure : {p50, p95, errors}) {
    EXPECT_GT(sure, 0);
    EXPECT_LT(sure, rows / 10);
  }
}

TEST_F(ReportDifferenceTest, SaysWhatIsNoReport) {
  const std::string good = Report(1, {}, {});
  for (const char* text : {"", "[]", "{}", "{\"total\": 3}", "{\"total\": {\"requests\": 1}}"}) {
    const auto difference = CompareReports(good, text);
    ASSERT_FALSE(difference.ok()) << text;
    EXPECT_NE(Message(difference.status()).find("the second report"), std::string::npos);
  }
}

TEST(WilsonBounds, AreTheTextbooks) {
  // Newcombe 1998, table I: 81 of 263 and 1 of 29.
  EXPECT_NEAR(WilsonBounds(81, 263).low, 0.2553, 1e-4);
  EXPECT_NEAR(WilsonBounds(81, 263).high, 0.3662, 1e-4);
  EXPECT_NEAR(WilsonBounds(1, 29).low, 0.0061, 1e-4);
  EXPECT_NEAR(WilsonBounds(1, 29).high, 0.1718, 1e-4);
}

}  // namespace
}  // namespace terrella::cli
