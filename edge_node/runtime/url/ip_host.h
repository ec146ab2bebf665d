// IPv4 and IPv6 addresses as hosts of a URL.
//
// Browsers read many spellings of an IPv4 address (octal and hexadecimal parts, fewer than four of
// them), and the URL Standard (sections 3.5 and 3.6) says which; this is not inet_pton, and base's
// IpAddress, which is strict, is not used here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace terrella::runtime {

// Whether an ASCII domain must be an IPv4 address or nothing (its last label is a number).
bool EndsInNumber(std::string_view domain);

std::optional<uint32_t> ParseIpv4Host(std::string_view domain);
std::string FormatIpv4Host(uint32_t address);

using Ipv6Pieces = std::array<uint16_t, 8>;
// `text` is without the brackets.
std::optional<Ipv6Pieces> ParseIpv6Host(std::string_view text);
// Without brackets, RFC 5952 style: the first longest run of at least two zeros is "::".
std::string FormatIpv6Host(const Ipv6Pieces& pieces);

}  // namespace terrella::runtime
