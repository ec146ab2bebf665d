#include "edge_node/runtime/url/ip_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/ascii.h"
#include "edge_node/runtime/url/percent_encode.h"

namespace terrella::runtime {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// One part of an IPv4 address: decimal, octal after "0", hexadecimal after "0x". Saturates.
std::optional<uint64_t> ParseIpv4Number(std::string_view part) {
  if (part.empty()) return std::nullopt;
  int radix = 10;
  if (part.size() >= 2 && part[0] == '0' && (part[1] == 'x' || part[1] == 'X')) {
    radix = 16;
    part.remove_prefix(2);
  } else if (part.size() >= 2 && part[0] == '0') {
    radix = 8;
    part.remove_prefix(1);
  }
  uint64_t value = 0;
  for (char c : part) {
    const int digit = HexValue(c);
    if (digit < 0 || digit >= radix) return std::nullopt;
    value = std::min<uint64_t>(value * radix + digit, std::numeric_limits<uint32_t>::max() + 1ull);
  }
  return value;
}

// Reads up to four hexadecimal digits at `at`, moving it; the count is in `digits`.
uint16_t TakeHex(std::string_view text, size_t& at, int& digits) {
  uint16_t value = 0;
  for (digits = 0; digits < 4 && at < text.size() && HexValue(text[at]) >= 0; ++digits, ++at) {
    value = static_cast<uint16_t>(value << 4 | HexValue(text[at]));
  }
  return value;
}

// The dotted IPv4 tail of an IPv6 address: exactly four decimal parts without leading zeros.
std::optional<uint32_t> ParseDottedTail(std::string_view text) {
  uint32_t address = 0;
  size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (at == text.size() || text[at] != '.') return std::nullopt;
      ++at;
    }
    const size_t begin = at;
    uint32_t value = 0;
    while (at < text.size() && IsDigit(text[at])) {
      if (at > begin && value == 0) return std::nullopt;
      value = value * 10 + (text[at++] - '0');
      if (value > 255) return std::nullopt;
    }
    if (at == begin) return std::nullopt;
    address = address << 8 | value;
  }
  if (at != text.size()) return std::nullopt;
  return address;
}

// Where the first longest run of at least two zero pieces begins and ends; empty when there is
// none.
std::pair<size_t, size_t> LongestZeroRun(const Ipv6Pieces& pieces) {
  std::pair<size_t, size_t> best{8, 8};
  size_t best_length = 1;
  for (size_t i = 0; i < 8;) {
    size_t end = i;
    while (end < 8 && pieces[end] == 0) ++end;
    if (end - i > best_length) {
      best = {i, end};
      best_length = end - i;
    }
    i = std::max(end, i + 1);
  }
  return best;
}

}  // namespace

bool EndsInNumber(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  const std::string_view last = domain.substr(domain.rfind('.') + 1);
  if (last.empty() || !IsDigit(last[0])) return false;
  if (std::all_of(last.begin(), last.end(), IsDigit)) return true;
  return ParseIpv4Number(last).has_value();
}

std::optional<uint32_t> ParseIpv4Host(std::string_view domain) {
  if (domain.size() > 1 && domain.ends_with('.')) domain.remove_suffix(1);
  uint64_t address = 0;
  for (int part = 0;; ++part) {
    if (part == 4) return std::nullopt;
    const size_t dot = domain.find('.');
    const std::optional<uint64_t> number = ParseIpv4Number(domain.substr(0, dot));
    if (!number) return std::nullopt;
    if (dot == std::string_view::npos) {
      // The last part fills the bytes that are left.
      if (*number >> (8 * (4 - part)) != 0) return std::nullopt;
      return static_cast<uint32_t>(address << (8 * (4 - part)) | *number);
    }
    if (*number > 255) return std::nullopt;
    address = address << 8 | *number;
    domain.remove_prefix(dot + 1);
  }
}

std::string FormatIpv4Host(uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255,
                     address & 255);
}

std::optional<Ipv6Pieces> ParseIpv6Host(std::string_view text) {
  Ipv6Pieces pieces{};
  size_t count = 0, compress_at = 8, at = 0;
  bool compressed = false;
  if (text.starts_with(':')) {
    if (!text.starts_with("::")) return std::nullopt;
    compressed = true;
    compress_at = 0;
    at = 2;
  }
  while (at < text.size()) {
    if (count == 8) return std::nullopt;
    if (text[at] == ':') {
      if (compressed) return std::nullopt;
      compressed = true;
      compress_at = count;
      ++at;
      continue;
    }
    const size_t begin = at;
    int digits = 0;
    const uint16_t value = TakeHex(text, at, digits);
    if (at < text.size() && text[at] == '.') {
      const std::optional<uint32_t> tail = ParseDottedTail(text.substr(begin));
      if (!tail || count > 6) return std::nullopt;
      pieces[count++] = static_cast<uint16_t>(*tail >> 16);
      pieces[count++] = static_cast<uint16_t>(*tail);
      break;
    }
    if (digits == 0) return std::nullopt;
    pieces[count++] = value;
    if (at == text.size()) break;
    if (text[at++] != ':' || at == text.size()) return std::nullopt;
  }
  if (!compressed) return count == 8 ? std::optional(pieces) : std::nullopt;
  if (count == 8) return std::nullopt;
  std::rotate(pieces.begin() + compress_at, pieces.begin() + count, pieces.end());
  return pieces;
}

std::string FormatIpv6Host(const Ipv6Pieces& pieces) {
  const auto [zeros_begin, zeros_end] = LongestZeroRun(pieces);
  std::string out;
  for (size_t i = 0; i < 8; ++i) {
    if (i == zeros_begin) {
      out += i == 0 ? "::" : ":";
      i = zeros_end - 1;
      continue;
    }
    fmt::format_to(std::back_inserter(out), "{:x}", pieces[i]);
    if (i < 7) out += ':';
  }
  return out;
}

}  // namespace terrella::runtime
