#include "http/server/date_cache.h"

#include <ctime>

#include <cstdio>

namespace terrella::http {

constexpr size_t kImfFixdateBytes = sizeof "Sun, 06 Nov 1994 08:49:37 GMT" - 1;

std::string_view DateCache::At(WallTime now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != second_) {
    second_ = second;
    auto time = static_cast<time_t>(second);
    tm utc{};
    gmtime_r(&time, &utc);
    std::snprintf(text_, sizeof text_, "%s, %02u %s %04u %02u:%02u:%02u GMT", kDays[utc.tm_wday],
                  static_cast<unsigned>(utc.tm_mday) % 100u, kMonths[utc.tm_mon],
                  static_cast<unsigned>(utc.tm_year + 1900) % 10000u,
                  static_cast<unsigned>(utc.tm_hour) % 100u,
                  static_cast<unsigned>(utc.tm_min) % 100u,
                  static_cast<unsigned>(utc.tm_sec) % 100u);
  }
  return {text_, kImfFixdateBytes};
}

}  // namespace terrella::http
