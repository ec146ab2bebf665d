// CronExpression: the moments that five fields name, as Cloudflare's Cron Triggers take them, in
// UTC.
//
//   minute 0-59   hour 0-23   day 1-31   month 1-12, JAN-DEC   weekday 1-7, SUN-SAT
//
// Every field takes `*`, and lists of values, ranges and steps ("1,5-9,*/15"; a range may wrap:
// "FRI-MON"). Days take L (the last), L-3 (three before it), 15W (the weekday nearest to the 15th
// within its month), LW and L-3W; weekdays take 6L (the last Friday) and 2#1 (the first Monday),
// each of these alone. A week begins with Sunday = 1, unlike in crontab(5). When both day fields
// say something, a day that fits either counts.
//
// Left out: seconds, years, `?`, @daily and time zones, which Cloudflare does not take either.
// Thread: any; immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::bundle {

class CronExpression {
 public:
  // InvalidArgument says which field is wrong and why; also for what never comes ("0 0 30 2 *").
  static absl::StatusOr<CronExpression> Parse(std::string_view text);

  // Whether the minute that `time` lies in is one of them.
  bool Matches(WallTime time) const;
  // The first of them after `after`, within 400 years, after which the calendar repeats.
  std::optional<WallTime> Next(WallTime after) const;

 private:
  enum class DayKind : uint8_t { kAny, kSet, kBeforeLast, kWeekdayBeforeLast, kNearestWeekday };
  enum class WeekdayKind : uint8_t { kAny, kSet, kLast, kNth };
  friend class CronParser;

  CronExpression() = default;
  // Bit n: the month's day n.
  uint32_t DaysOf(int year, unsigned month) const;

  uint64_t minutes_ = 0;  // bit n: minute n
  uint32_t hours_ = 0;
  uint32_t months_ = 0;  // bit 1: January
  DayKind day_kind_ = DayKind::kAny;
  uint32_t days_ = 0;  // kSet: bit n: day n
  unsigned day_ = 0;   // how many before the last, or the day
  WeekdayKind weekday_kind_ = WeekdayKind::kAny;
  uint32_t weekdays_ = 0;  // kSet: bit 1: Sunday
  unsigned weekday_ = 0;   // 1: Sunday
  unsigned nth_ = 0;
};

}  // namespace terrella::bundle
