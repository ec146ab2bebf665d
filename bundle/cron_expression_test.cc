// The moments that expressions name, row by row; the rows follow Cloudflare's page on Cron Triggers
// (which signs each field takes, 1 = Sunday) and the Quartz rules for L, W and #.
#include "bundle/cron_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>

namespace terrella::bundle {
namespace {

using ::testing::HasSubstr;

// "2026-11-27 01:05:00", UTC.
WallTime At(const char* text) {
  std::tm tm{};
  EXPECT_NE(strptime(text, "%Y-%m-%d %H:%M:%S", &tm), nullptr) << text;
  return WallTime(std::chrono::seconds(timegm(&tm)));
}

std::string Text(std::optional<WallTime> time) {
  if (!time) return "never";
  const std::time_t s =
      std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
  std::tm tm{};
  gmtime_r(&s, &tm);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
  return text;
}

TEST(CronExpression, NextIsTheFirstMomentAfterwards) {
  struct Row {
    const char* cron;
    const char* after;
    const char* next;
  };
  const Row rows[] = {
      // minutes and hours
      {"* * * * *", "2026-11-27 01:05:00", "2026-11-27 01:06"},
      {"* * * * *", "2026-11-27 01:05:59", "2026-11-27 01:06"},
      {"* * * * *", "2026-12-31 23:59:30", "2027-01-01 00:00"},
      {"*/30 * * * *", "2026-11-27 01:05:00", "2026-11-27 01:30"},
      {"*/30 * * * *", "2026-11-27 01:30:00", "2026-11-27 02:00"},
      {"45 * * * *", "2026-11-27 23:45:00", "2026-11-28 00:45"},
      {"5/20 3 * * *", "2026-11-27 03:25:00", "2026-11-27 03:45"},
      {"50-10 * * * *", "2026-11-27 01:10:00", "2026-11-27 01:50"},
      {"50-10/10 * * * *", "2026-11-27 01:50:00", "2026-11-27 02:00"},
      {"0 22-2 * * *", "2026-11-27 02:00:00", "2026-11-27 22:00"},
      {"1,3,5-7 0 * * *", "2026-11-27 00:03:00", "2026-11-27 00:05"},
      // weekdays: 1 is Sunday; 27 November 2026 is a Friday
      {"0 17 * * sun", "2026-11-27 01:00:00", "2026-11-29 17:00"},
      {"0 17 * * 1", "2026-11-27 01:00:00", "2026-11-29 17:00"},
      {"0 0 * * 7", "2026-11-27 01:00:00", "2026-11-28 00:00"},
      {"10 7 * * mon-fri", "2026-11-27 07:10:00", "2026-11-30 07:10"},
      {"10 7 * * 2-6", "2026-11-27 07:10:00", "2026-11-30 07:10"},
      {"0 0 * * FRI-MON", "2026-11-30 00:00:00", "2026-12-04 00:00"},
      {"0 0 * * L", "2026-11-27 01:00:00", "2026-11-28 00:00"},
      {"59 23 * * 6L", "2026-11-27 23:59:00", "2026-12-25 23:59"},
      {"0 0 * * SUN#2", "2026-11-27 00:00:00", "2026-12-13 00:00"},
      {"0 0 * * 2#5", "2026-11-27 00:00:00", "2026-11-30 00:00"},
      {"0 0 * 2 1#5", "2026-11-27 00:00:00", "2032-02-29 00:00"},
      // days of the month
      {"0 15 1 * *", "2026-11-27 00:00:00", "2026-12-01 15:00"},
      {"0 0 L * *", "2026-11-27 00:00:00", "2026-11-30 00:00"},
      {"0 0 L 2 *", "2026-11-27 00:00:00", "2027-02-28 00:00"},
      {"0 0 L-2 * *", "2026-11-27 00:00:00", "2026-11-28 00:00"},
      {"0 0 L-30 * *", "2026-11-27 00:00:00", "2026-12-01 00:00"},
      {"59 23 LW * *", "2027-01-01 00:00:00", "2027-01-29 23:59"},  // the 31st is a Sunday
      {"0 0 L-1W 1 *", "2026-11-27 00:00:00", "2027-01-29 00:00"},  // the 30th is a Saturday
      {"0 0 15W 11 *", "2025-12-01 00:00:00", "2026-11-16 00:00"},  // a Sunday
      {"0 0 1W 8 *", "2026-01-01 00:00:00", "2026-08-03 00:00"},    // a Saturday: not July
      {"0 0 31W 1 *", "2027-01-01 00:00:00", "2027-01-29 00:00"},   // a Sunday: not February
      {"0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00"},    // 2100 is no leap year
      // months
      {"0 0 1 jan,JUL *", "2026-11-27 00:00:00", "2027-01-01 00:00"},
      {"0 0 1 NOV-FEB *", "2027-02-01 00:00:00", "2027-11-01 00:00"},
      {"0 0 1 */5 *", "2026-11-27 00:00:00", "2027-01-01 00:00"},
      // both fields of days: either
      {"0 0 13 * FRI", "2026-11-27 00:00:00", "2026-12-04 00:00"},
      {"0 0 13 * FRI", "2026-12-11 00:00:00", "2026-12-13 00:00"},
      {"0 0 */2 * MON", "2026-11-29 00:00:00", "2026-11-30 00:00"},
  };
  for (const Row& row : rows) {
    const auto cron = CronExpression::Parse(row.cron);
    ASSERT_TRUE(cron.ok()) << cron.status();
    EXPECT_EQ(Text(cron->Next(At(row.after))), row.next) << row.cron << " after " << row.after;
  }
}

TEST(CronExpression, WhatMatchesIsWhatNextNames) {
  for (const char* text :
       {"*/7 3,9 * * *", "0 0 15W * 6L", "*/15 * L-3 */2 2#3", "5 4 * * SAT-MON"}) {
    const auto cron = CronExpression::Parse(text);
    ASSERT_TRUE(cron.ok()) << cron.status();
    WallTime next = *cron->Next(At("2026-11-27 00:00:00"));
    int matches = 0;
    for (WallTime t = At("2026-11-27 00:01:00"); t < At("2027-03-01 00:00:00");
         t += std::chrono::minutes(1)) {
      const bool named = t == next;
      if (named) {
        ++matches;
        next = *cron->Next(t);
      }
      if (named || t.time_since_epoch() % std::chrono::minutes(37) == Duration(0)) {
        ASSERT_EQ(cron->Matches(t), named) << text << " at " << Text(t);
      }
    }
    EXPECT_GT(matches, 3) << text;
  }
}

TEST(CronExpression, RefusesWithTheReason) {
  struct Row {
    const char* cron;
    const char* why;
  };
  const Row rows[] = {
      {"", "five fields"},
      {"* * * *", "five fields"},
      {"* * * * * *", "five fields"},
      {"@daily", "five fields"},
      {"* * * *\t*", "five fields"},
      {"60 * * * *", "the minute '60' is not a number from 0 to 59"},
      {"-1 * * * *", "minute"},
      {"1- * * * *", "minute"},
      {"1-2-3 * * * *", "minute"},
      {", * * * *", "minute"},
      {"1,* * * * *", "stands alone"},
      {"*,1 * * * *", "stands alone"},
      {"*/0 * * * *", "a number from 1 to 59"},
      {"*/60 * * * *", "a number from 1 to 59"},
      {"* 24 * * *", "hour"},
      {"* ? * * *", "hour"},
      {"* * 0 * *", "day"},
      {"* * 32 * *", "day"},
      {"* * L-31 * *", "day"},
      {"* * L3 * *", "is not like L"},
      {"* * 1W,2 * *", "day"},
      {"* * WW * *", "day"},
      {"* * * 13 *", "a three-letter name or a number from 1 to 12"},
      {"* * * JANUARY *", "month"},
      {"* * * * 0", "the weekday '0' is not a three-letter name or a number from 1 to 7"},
      {"* * * * 8", "weekday"},
      {"* * * * MON#6", "a number from 1 to 5"},
      {"* * * * #1", "weekday"},
      {"* * * * MON#1,TUE", "weekday"},
      {"* * 30 2 *", "never run"},
      {"* * 31 4,6,9,11 *", "never run"},
      {"99999999999999999999 * * * *", "minute"},
  };
  for (const Row& row : rows) {
    const auto cron = CronExpression::Parse(row.cron);
    ASSERT_FALSE(cron.ok()) << row.cron;
    EXPECT_THAT(std::string(cron.status().message()), HasSubstr(row.why)) << row.cron;
  }
  EXPECT_FALSE(CronExpression::Parse(std::string(300, ' ') + "* * * * *").ok());
  EXPECT_TRUE(CronExpression::Parse(" 0  12 L * 6#3 ").ok());
}

}  // namespace
}  // namespace terrella::bundle
