#include "bundle/cron_expression.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"

namespace terrella::bundle {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr size_t kCronBytesMax = 256;
constexpr size_t kShownBytesMax = 64;
constexpr int kYearsMax = 400;
constexpr unsigned kSaturday = 7, kSunday = 1;

struct Field {
  std::string_view name;
  unsigned min = 0;
  unsigned max = 0;
  std::string_view names;  // three letters each, from `min`
};
constexpr Field kMinute{"minute", 0, 59, ""};
constexpr Field kHour{"hour", 0, 23, ""};
constexpr Field kDay{"day", 1, 31, ""};
constexpr Field kMonth{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"};
constexpr Field kWeekday{"weekday", 1, 7, "SUNMONTUEWEDTHUFRISAT"};

bool EqualsIgnoreCase(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; });
}

unsigned LastDay(int year, unsigned month) {
  const std::chrono::year_month_day_last last{
      std::chrono::year(year), std::chrono::month_day_last(std::chrono::month(month))};
  return static_cast<unsigned>(last.day());
}

sys_days DateOf(int year, unsigned month, unsigned day) {
  return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
}

// 1: Sunday.
unsigned WeekdayOf(int year, unsigned month, unsigned day) {
  return std::chrono::weekday(DateOf(year, month, day)).c_encoding() + 1;
}

// The weekday nearest to a day, without leaving the month.
unsigned NearestWeekday(int year, unsigned month, unsigned day) {
  const unsigned weekday = WeekdayOf(year, month, day);
  if (weekday == kSaturday) return day == 1 ? day + 2 : day - 1;
  if (weekday == kSunday) return day == LastDay(year, month) ? day - 2 : day + 1;
  return day;
}

}  // namespace

// Reads the fields of one expression.
class CronParser {
 public:
  explicit CronParser(std::string_view text) : text_(text) {}

  absl::StatusOr<CronExpression> Parse() {
    RETURN_IF_ERROR(Split());
    CronExpression cron;
    ASSIGN_OR_RETURN(cron.minutes_, Set(kMinute, fields_[0]));
    ASSIGN_OR_RETURN(const uint64_t hours, Set(kHour, fields_[1]));
    cron.hours_ = static_cast<uint32_t>(hours);
    RETURN_IF_ERROR(Days(fields_[2], cron));
    ASSIGN_OR_RETURN(const uint64_t months, Set(kMonth, fields_[3]));
    cron.months_ = static_cast<uint32_t>(months);
    RETURN_IF_ERROR(Weekdays(fields_[4], cron));
    if (!cron.Next(WallTime(DateOf(2000, 1, 1).time_since_epoch()))) {
      return InvalidArgument("'{}': no month it names has such a day: it would never run", text_);
    }
    return cron;
  }

 private:
  absl::Status Split() {
    for (size_t at = 0; (at = text_.find_first_not_of(' ', at)) != std::string_view::npos;) {
      const size_t end = std::min(text_.find(' ', at), text_.size());
      fields_.push_back(text_.substr(at, end - at));
      at = end;
    }
    if (fields_.size() == 5 && text_.size() <= kCronBytesMax) return absl::OkStatus();
    return InvalidArgument(
        "'{}' is no cron expression of five fields (minute hour day month weekday), e.g. "
        "\"*/5 * * * *\"",
        text_.substr(0, kShownBytesMax));
  }

  template <class... Args>
  absl::Status Bad(const Field& field, std::string_view part, fmt::format_string<Args...> why,
                   Args&&... args) const {
    return InvalidArgument("'{}': the {} '{}' {}", text_, field.name, part,
                           fmt::format(why, std::forward<Args>(args)...));
  }

  absl::StatusOr<unsigned> Value(const Field& field, std::string_view part) const {
    for (size_t i = 0; i * 3 < field.names.size(); ++i) {
      if (EqualsIgnoreCase(part, field.names.substr(i * 3, 3))) {
        return field.min + static_cast<unsigned>(i);
      }
    }
    return Number(field, part, field.min, field.max);
  }

  absl::StatusOr<unsigned> Number(const Field& field, std::string_view part, unsigned min,
                                  unsigned max) const {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    const bool whole = error == std::errc() && end == part.data() + part.size();
    if (whole && value >= min && value <= max) return value;
    return Bad(field, part, "is not {}a number from {} to {}",
               field.names.empty() ? "" : "a three-letter name or ", min, max);
  }

  // "*", "5", "5-9", "*/3", "5/3", "5-9/3" and lists of them.
  absl::StatusOr<uint64_t> Set(const Field& field, std::string_view text) const {
    if (text == "*") return Run(field, field.min, field.max, 1);
    uint64_t set = 0;
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(',', at), text.size());
      ASSIGN_OR_RETURN(const uint64_t part, Part(field, text.substr(at, end - at)));
      set |= part;
      at = end + 1;
    }
    return set;
  }

  absl::StatusOr<uint64_t> Part(const Field& field, std::string_view part) const {
    const size_t slash = part.find('/');
    const std::string_view range = part.substr(0, slash);
    unsigned step = 1;
    if (slash != std::string_view::npos) {
      ASSIGN_OR_RETURN(step, Number(field, part.substr(slash + 1), 1, field.max - field.min));
    } else if (range == "*") {
      return Bad(field, part, "stands alone or has a step, as in '*/5'");
    }
    if (range == "*") return Run(field, field.min, field.max, step);
    const size_t dash = range.find('-');
    ASSIGN_OR_RETURN(const unsigned first, Value(field, range.substr(0, dash)));
    unsigned last = slash == std::string_view::npos ? first : field.max;
    if (dash != std::string_view::npos) {
      ASSIGN_OR_RETURN(last, Value(field, range.substr(dash + 1)));
    }
    return Run(field, first, last, step);
  }

  // Every step-th from first to last, over the end when last is below.
  static uint64_t Run(const Field& field, unsigned first, unsigned last, unsigned step) {
    const unsigned period = field.max - field.min + 1;
    const unsigned length = (last + period - first) % period;
    uint64_t set = 0;
    for (unsigned i = 0; i <= length; i += step) {
      set |= uint64_t{1} << (field.min + (first - field.min + i) % period);
    }
    return set;
  }

  absl::Status Days(std::string_view text, CronExpression& cron) const {
    using Kind = CronExpression::DayKind;
    if (text == "*") return absl::OkStatus();
    const bool weekday = text.ends_with('W');
    const std::string_view day = text.substr(0, text.size() - (weekday ? 1 : 0));
    if (day.starts_with('L')) {
      cron.day_kind_ = weekday ? Kind::kWeekdayBeforeLast : Kind::kBeforeLast;
      if (day == "L") return absl::OkStatus();
      if (day[1] != '-') return Bad(kDay, text, "is not like L, LW, L-3 or L-3W");
      ASSIGN_OR_RETURN(cron.day_, Number(kDay, day.substr(2), 1, kDay.max - 1));
      return absl::OkStatus();
    }
    if (weekday) {
      cron.day_kind_ = Kind::kNearestWeekday;
      ASSIGN_OR_RETURN(cron.day_, Number(kDay, day, kDay.min, kDay.max));
      return absl::OkStatus();
    }
    cron.day_kind_ = Kind::kSet;
    ASSIGN_OR_RETURN(const uint64_t set, Set(kDay, text));
    cron.days_ = static_cast<uint32_t>(set);
    return absl::OkStatus();
  }

  absl::Status Weekdays(std::string_view text, CronExpression& cron) const {
    using Kind = CronExpression::WeekdayKind;
    if (text == "*") return absl::OkStatus();
    const size_t hash = text.find('#');
    if (hash != std::string_view::npos) {
      cron.weekday_kind_ = Kind::kNth;
      ASSIGN_OR_RETURN(cron.weekday_, Value(kWeekday, text.substr(0, hash)));
      ASSIGN_OR_RETURN(cron.nth_, Number(kWeekday, text.substr(hash + 1), 1, 5));
      return absl::OkStatus();
    }
    cron.weekday_kind_ = Kind::kSet;
    if (text == "L") {  // the last day of the week
      cron.weekdays_ = 1u << kSaturday;
      return absl::OkStatus();
    }
    if (text.ends_with('L')) {
      cron.weekday_kind_ = Kind::kLast;
      ASSIGN_OR_RETURN(cron.weekday_, Value(kWeekday, text.substr(0, text.size() - 1)));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const uint64_t set, Set(kWeekday, text));
    cron.weekdays_ = static_cast<uint32_t>(set);
    return absl::OkStatus();
  }

  const std::string_view text_;
  std::vector<std::string_view> fields_;
};

absl::StatusOr<CronExpression> CronExpression::Parse(std::string_view text) {
  return CronParser(text).Parse();
}

uint32_t CronExpression::DaysOf(int year, unsigned month) const {
  const unsigned last = LastDay(year, month);
  const uint32_t all = ((uint64_t{1} << (last + 1)) - 1) & ~1u;
  if (day_kind_ == DayKind::kAny && weekday_kind_ == WeekdayKind::kAny) return all;
  uint32_t days = 0;
  switch (day_kind_) {
    case DayKind::kAny:
      break;
    case DayKind::kSet:
      days = days_;
      break;
    case DayKind::kBeforeLast:
      if (day_ < last) days = 1u << (last - day_);
      break;
    case DayKind::kWeekdayBeforeLast:
      if (day_ < last) days = 1u << NearestWeekday(year, month, last - day_);
      break;
    case DayKind::kNearestWeekday:
      if (day_ <= last) days = 1u << NearestWeekday(year, month, day_);
      break;
  }
  const unsigned first_weekday = WeekdayOf(year, month, 1);
  for (unsigned day = 1; day <= last && weekday_kind_ != WeekdayKind::kAny; ++day) {
    const unsigned weekday = (first_weekday - 1 + day - 1) % 7 + 1;
    const bool fits = weekday_kind_ == WeekdayKind::kSet ? (weekdays_ >> weekday & 1) != 0
                      : weekday_kind_ == WeekdayKind::kLast
                          ? weekday == weekday_ && day + 7 > last
                          : weekday == weekday_ && (day - 1) / 7 + 1 == nth_;
    if (fits) days |= 1u << day;
  }
  return days & all;
}

bool CronExpression::Matches(WallTime time) const {
  const auto minute = std::chrono::floor<std::chrono::minutes>(time);
  return Next(WallTime(minute) - Duration(1)) == WallTime(minute);
}

std::optional<WallTime> CronExpression::Next(WallTime after) const {
  const WallTime from =
      WallTime(std::chrono::floor<std::chrono::minutes>(after)) + std::chrono::minutes(1);
  const sys_days today = std::chrono::floor<days>(from);
  const std::chrono::year_month_day date(today);
  const int first_year = static_cast<int>(date.year());
  for (int year = first_year; year <= first_year + kYearsMax; ++year) {
    const unsigned begin = year == first_year ? static_cast<unsigned>(date.month()) : 1;
    for (unsigned month = begin; month <= 12; ++month) {
      if ((months_ >> month & 1) == 0) continue;
      for (uint32_t left = DaysOf(year, month); left != 0; left &= left - 1) {
        const sys_days day = DateOf(year, month, static_cast<unsigned>(std::countr_zero(left)));
        if (day < today) continue;
        const auto minutes_from =
            day > today ? 0 : std::chrono::duration_cast<std::chrono::minutes>(from - day).count();
        for (auto m = minutes_from; m < 24 * 60; ++m) {
          if ((hours_ >> (m / 60) & 1) == 0) {
            m += 59 - m % 60;
          } else if ((minutes_ >> (m % 60) & 1) != 0) {
            return WallTime(day.time_since_epoch()) + std::chrono::minutes(m);
          }
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace terrella::bundle
