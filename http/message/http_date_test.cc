#include "http/message/http_date.h"

#include <gtest/gtest.h>

namespace terrella::http {
namespace {

using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'788'264'000)};    // 2026
constexpr WallTime kExample{seconds(784'111'777)};  // of RFC 9110 section 5.6.7

TEST(HttpDate, ReadsThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994"}) {
    EXPECT_EQ(ParseHttpDate(text, kNow), kExample) << text;
  }
}

TEST(HttpDate, ATwoDigitYearLiesAtMostFiftyYearsAhead) {
  EXPECT_EQ(FormatHttpDate(*ParseHttpDate("Monday, 06-Nov-76 08:49:37 GMT", kNow)).substr(12, 4),
            "2076");
  EXPECT_EQ(FormatHttpDate(*ParseHttpDate("Monday, 06-Nov-77 08:49:37 GMT", kNow)).substr(12, 4),
            "1977");
}

TEST(HttpDate, RefusesEverythingElse) {
  for (const char* text :
       {"", "0", "-1", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 NOV 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 GMT, x", "Sun, 06 Nov"}) {
    EXPECT_FALSE(ParseHttpDate(text, kNow)) << text;
  }
}

TEST(HttpDate, YearsBeyondTheClockAreItsEnds) {
  EXPECT_EQ(ParseHttpDate("Fri, 31 Dec 9999 23:59:59 GMT", kNow), WallTime::max());
  EXPECT_EQ(ParseHttpDate("Sat, 01 Jan 0000 00:00:00 GMT", kNow), WallTime::min());
}

TEST(HttpDate, WritesWhatItReads) {
  EXPECT_EQ(FormatHttpDate(kExample + std::chrono::milliseconds(999)),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  for (int64_t second = -2'000'000'000; second < 4'000'000'000; second += 86'399'999) {
    const WallTime time{seconds(second)};
    EXPECT_EQ(ParseHttpDate(FormatHttpDate(time), kNow), time);
  }
}

}  // namespace
}  // namespace terrella::http
