#include "base/signed_duration.h"

#include <gtest/gtest.h>

namespace terrella {
namespace {

using namespace std::chrono_literals;

TEST(SignedDuration, IsADurationBehindASignOrNone) {
  EXPECT_EQ(*ParseSignedDuration("+90s"), Duration(90s));
  EXPECT_EQ(*ParseSignedDuration("90s"), Duration(90s));
  EXPECT_EQ(*ParseSignedDuration("-1.5m"), Duration(-90s));
  EXPECT_EQ(*ParseSignedDuration("0"), Duration(0));
  EXPECT_EQ(*ParseSignedDuration("-0s"), Duration(0));
  for (const char* bad : {"", "+", "-", "5", "--5s", "+-5s", "- 5s", "5s-", "-1e300h", "+nans"}) {
    EXPECT_FALSE(ParseSignedDuration(bad).ok()) << bad;
  }
}

TEST(SignedDuration, IsToldInTheLargestUnitThatLeavesNothing) {
  EXPECT_EQ(SignedDurationText(90s), "90s");
  EXPECT_EQ(SignedDurationText(-5min), "-5m");
  EXPECT_EQ(SignedDurationText(60min), "1h");
  EXPECT_EQ(SignedDurationText(-1500ms), "-1500ms");
  EXPECT_EQ(SignedDurationText(0s), "0s");
  for (const char* text : {"90s", "-5m", "200ms", "0s", "-1h"}) {
    EXPECT_EQ(SignedDurationText(*ParseSignedDuration(text)), text);
  }
}

}  // namespace
}  // namespace terrella
