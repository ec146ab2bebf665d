#include "cli/commands/version_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "base/status.h"

namespace terrella::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<uint32_t> PointsOf(const std::vector<std::string>& words, const std::string& now = "") {
  const auto shares = ParseShares(words, now);
  EXPECT_TRUE(shares.ok()) << Message(shares.status());
  std::vector<uint32_t> points;
  for (const auto& share : *shares) points.push_back(share.basis_points());
  return points;
}

TEST(ParseShares, PercentagesHaveTwoDecimals) {
  EXPECT_THAT(PointsOf({"aaaa@10", "bbbb@90"}), ElementsAre(1'000, 9'000));
  EXPECT_THAT(PointsOf({"aaaa@0.01", "bbbb@99.99"}), ElementsAre(1, 9'999));
  EXPECT_THAT(PointsOf({"aaaa@33.3", "bbbb@33.3", "cccc@33.4"}), ElementsAre(3'330, 3'330, 3'340));
}

TEST(ParseShares, OneMayTakeWhatIsLeft) {
  EXPECT_THAT(PointsOf({"aaaa@10", "bbbb"}), ElementsAre(1'000, 9'000));
  EXPECT_THAT(PointsOf({"aaaa"}), ElementsAre(10'000));
  EXPECT_THAT(PointsOf({"aaaa", "bbbb@0"}), ElementsAre(10'000, 0));
}

TEST(ParseShares, WhatAnswersNowKeepsTheRest) {
  const auto shares = ParseShares({"aaaa@10"}, "bbbbbbbb");
  ASSERT_EQ(shares->size(), 2u);
  EXPECT_EQ(shares->back().version_id(), "bbbbbbbb");
  EXPECT_EQ(shares->back().basis_points(), 9'000u);
  EXPECT_THAT(PointsOf({"aaaa@100"}, "bbbbbbbb"), ElementsAre(10'000)) << "nothing is left";
  EXPECT_FALSE(ParseShares({"bbbb@10"}, "bbbbbbbb").ok()) << "it is named already";
}

TEST(ParseShares, WhatMakesNoSenseIsNamed) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"aaaa@"}, "'aaaa@'"},
      {{"aaaa@ten"}, "'aaaa@ten'"},
      {{"aaaa@-1", "bbbb"}, "'aaaa@-1'"},
      {{"aaaa@101"}, "'aaaa@101'"},
      {{"aaaa@nan"}, "'aaaa@nan'"},
      {{"aaaa@10.001", "bbbb"}, "two decimals"},
      {{"@10", "bbbb"}, "'@10'"},
      {{"aaaa", "bbbb"}, "'bbbb'"},
      {{"aaaa@60", "bbbb@50"}, "110.00 %"},
      {{"aaaa@60", "bbbb@50", "cccc"}, "110.00 %"},
      {{"aaaa@50", "aaaa@50"}, "two shares"},
      {{}, "got 0"},
  };
  for (const auto& [words, reason] : cases) {
    const auto shares = ParseShares(words, "");
    EXPECT_EQ(shares.status().code(), absl::StatusCode::kInvalidArgument) << reason;
    EXPECT_THAT(Message(shares.status()), HasSubstr(reason));
  }
}

}  // namespace
}  // namespace terrella::cli
