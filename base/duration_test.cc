#include "base/duration.h"

#include <gtest/gtest.h>

namespace terrella {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, TakesUnitsAndNothingElse) {
  EXPECT_EQ(*ParseDuration("250ms"), Duration(250ms));
  EXPECT_EQ(*ParseDuration("1.5s"), Duration(1500ms));
  EXPECT_EQ(*ParseDuration("0s"), Duration(0));
  EXPECT_EQ(*ParseDuration("30us"), Duration(30us));
  EXPECT_EQ(*ParseDuration("2m"), Duration(2min));
  EXPECT_EQ(*ParseDuration("2h"), Duration(2h));
  EXPECT_EQ(*ParseDuration("30d"), Duration(720h));
  EXPECT_EQ(*ParseDuration("8760h"), Duration(8760h));
  for (const char* bad : {"", "s", "10", "-1s", "1e300h", "8761h", "10 s", "1s ", "1w", "nans"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace terrella
