// HTTP dates (RFC 9110 section 5.6.7): seconds since the Unix epoch, as text and back.
//
// Reading takes the three forms a recipient must take: IMF-fixdate, and the obsolete forms of RFC
// 850 and of asctime(). All are case-sensitive and in GMT; anything else is no date, so that a
// field that is not understood never counts as one that was.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace terrella::http {

// `now` decides the century of RFC 850's two-digit year: one that would lie more than 50 years
// ahead is the most recent past year with these digits.
std::optional<WallTime> ParseHttpDate(std::string_view text, WallTime now);

// IMF-fixdate; fractions of a second are dropped. Years 0 to 9999.
std::string FormatHttpDate(WallTime time);

}  // namespace terrella::http
