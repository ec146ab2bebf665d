// Short ways to write messages in tests of the cache. For unit tests only.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message/headers.h"

namespace terrella::cache {

// "Name: value" lines, separated by '|'.
inline http::Headers HeadersOf(std::string_view lines) {
  http::Headers headers;
  while (!lines.empty()) {
    const size_t bar = lines.find('|');
    const std::string_view line = lines.substr(0, bar);
    const size_t colon = line.find(": ");
    headers.Append(line.substr(0, colon), line.substr(colon + 2));
    lines.remove_prefix(bar == std::string_view::npos ? lines.size() : bar + 1);
  }
  return headers;
}

// Tue, 01 Sep 2026 12:00:00 GMT
inline constexpr WallTime kNoon{std::chrono::seconds(1'788'264'000)};
inline constexpr std::string_view kNoonText = "Tue, 01 Sep 2026 12:00:00 GMT";

}  // namespace terrella::cache
