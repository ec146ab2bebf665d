#include "http/message/http_date.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace terrella::http {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes pieces off the front of a text; once one does not fit, it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void Literal(std::string_view expected) {
    if (rest_.starts_with(expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      failed_ = true;
    }
  }
  // Exactly `digits` digits.
  unsigned Number(size_t digits) {
    unsigned value = 0;
    if (rest_.size() < digits) failed_ = true;
    for (size_t i = 0; i < digits && !failed_; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') failed_ = true;
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    if (!failed_) rest_.remove_prefix(digits);
    return value;
  }
  template <size_t n>
  unsigned OneOf(const std::array<std::string_view, n>& names) {
    for (unsigned i = 0; i < n; ++i) {
      if (rest_.starts_with(names[i])) {
        rest_.remove_prefix(names[i].size());
        return i;
      }
    }
    failed_ = true;
    return 0;
  }
  char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool Done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Fields {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

  void TimeOfDay(Scanner& in) {
    hour = in.Number(2);
    in.Literal(":");
    minute = in.Number(2);
    in.Literal(":");
    second = in.Number(2);
  }
};

std::optional<WallTime> ToTime(const Fields& f) {
  using std::chrono::year_month_day;
  const year_month_day date(std::chrono::year(static_cast<int>(f.year)),
                            std::chrono::month(f.month + 1), std::chrono::day(f.day));
  // 60: a leap second, which the Unix clock gives to the second after.
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  // Outside of what nanoseconds since 1970 can say; caches need no more than "long past" and "far".
  if (f.year < 1678) return WallTime::min();
  if (f.year > 2261) return WallTime::max();
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(f.hour) +
         std::chrono::minutes(f.minute) + std::chrono::seconds(f.second);
}

// Sun, 06 Nov 1994 08:49:37 GMT
bool ScanImf(Scanner in, Fields& f) {
  in.OneOf(kDays);
  in.Literal(", ");
  f.day = in.Number(2);
  in.Literal(" ");
  f.month = in.OneOf(kMonths);
  in.Literal(" ");
  f.year = in.Number(4);
  in.Literal(" ");
  f.TimeOfDay(in);
  in.Literal(" GMT");
  return in.Done();
}

// Sunday, 06-Nov-94 08:49:37 GMT
bool ScanRfc850(Scanner in, Fields& f, WallTime now) {
  in.OneOf(kLongDays);
  in.Literal(", ");
  f.day = in.Number(2);
  in.Literal("-");
  f.month = in.OneOf(kMonths);
  in.Literal("-");
  f.year = in.Number(2);
  in.Literal(" ");
  f.TimeOfDay(in);
  in.Literal(" GMT");
  const auto today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now));
  const auto this_year = static_cast<unsigned>(static_cast<int>(today.year()));
  f.year += this_year / 100 * 100;
  if (f.year > this_year + 50) f.year -= 100;
  return in.Done();
}

// Sun Nov  6 08:49:37 1994
bool ScanAsctime(Scanner in, Fields& f) {
  in.OneOf(kDays);
  in.Literal(" ");
  f.month = in.OneOf(kMonths);
  in.Literal(" ");
  if (in.Peek() == ' ') {
    in.Literal(" ");
    f.day = in.Number(1);
  } else {
    f.day = in.Number(2);
  }
  in.Literal(" ");
  f.TimeOfDay(in);
  in.Literal(" ");
  f.year = in.Number(4);
  return in.Done();
}

}  // namespace

std::optional<WallTime> ParseHttpDate(std::string_view text, WallTime now) {
  Fields imf, rfc850, asctime;
  if (ScanImf(Scanner(text), imf)) return ToTime(imf);
  if (ScanAsctime(Scanner(text), asctime)) return ToTime(asctime);
  if (ScanRfc850(Scanner(text), rfc850, now)) return ToTime(rfc850);
  return std::nullopt;
}

std::string FormatHttpDate(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

}  // namespace terrella::http
