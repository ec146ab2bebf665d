#include "base/suggest.h"

#include <gtest/gtest.h>

#include <vector>

namespace terrella {
namespace {

TEST(Suggest, DistanceCountsInsertDeleteReplaceAndSwap) {
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("deploy", "deploy"), 0);
  EXPECT_EQ(EditDistance("delpoy", "deploy"), 1);
  EXPECT_EQ(EditDistance("Lagos", "lagos"), 0);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(Suggest, FindsTheNearNameAndNothingForAFarOne) {
  std::vector<std::string> commands = {"deploy", "down", "drain", "status"};
  EXPECT_EQ(Suggest("dpeloy", commands), "deploy");
  EXPECT_EQ(Suggest("stauts", commands), "status");
  EXPECT_EQ(Suggest("kubernetes", commands), "");
}

}  // namespace
}  // namespace terrella
