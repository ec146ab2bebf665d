// DomainToAscii: "domain to ASCII" of the URL Standard (section 3.3) with beStrict = false.
//
// UTS #46 processing by ICU, non-transitional, CheckBidi and CheckJoiners on, hyphens and lengths
// not checked. The ICU we link (72, Unicode 15.0) predates the mapping changes of Unicode 15.1 and
// 16 that today's browsers have; those are applied before ICU sees the domain. What stays older: a
// character first assigned after Unicode 15.0 is refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace terrella::runtime {

// The longest domain given to ICU: punycode costs the square of a label's length, and a resolvable
// name has at most 253 bytes. A plain ASCII domain needs no ICU and has no limit here.
inline constexpr size_t kIdnaDomainBytesMax = 4096;

// `domain` is UTF-8. Lower-cased ASCII, or nothing when the domain is invalid.
std::optional<std::string> DomainToAscii(std::string_view domain);

}  // namespace terrella::runtime
