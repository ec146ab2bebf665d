#include "http/h1/grammar.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ip_address.h"
#include "http/message/headers.h"

namespace terrella::http::h1 {
namespace {

enum Class : uint8_t { kToken = 1, kValue = 2, kTarget = 4, kHost = 8, kHex = 16, kDigit = 32 };

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> out{};
  for (int c = 0; c < 256; ++c) {
    bool digit = c >= '0' && c <= '9';
    bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    uint8_t bits = 0;
    if (digit || alpha ||
        (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
                       std::string_view::npos)) {
      bits |= kToken;
    }
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kValue;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= kTarget;
    if (digit || alpha || c == '-' || c == '.' || c == '_' || c == '~') bits |= kHost;
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHex;
    if (digit) bits |= kDigit;
    out[static_cast<size_t>(c)] = bits;
  }
  return out;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, Class wanted) {
  return (kClasses[static_cast<uint8_t>(c)] & wanted) != 0;
}
bool AllAre(std::string_view text, Class wanted) {
  uint8_t bits = wanted;
  for (char c : text) bits &= kClasses[static_cast<uint8_t>(c)];
  return bits != 0;
}

// A byte that is no visible character, space or part of a longer one stands among these eight; may
// be wrong when it says so.
bool MayHaveControl(uint64_t eight) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  const uint64_t below_space = (eight - 0x20 * kOnes) & ~eight;
  const uint64_t no_delete = eight ^ (0x7f * kOnes);
  const uint64_t is_delete = (no_delete - kOnes) & ~no_delete;
  return ((below_space | is_delete) & kHigh) != 0;
}

bool IsPort(std::string_view text) {
  if (text.size() > 5 || !AllAre(text, kDigit)) return false;
  int port = 0;
  for (char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

bool IsRegisteredName(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (Is(text[i], kHost)) continue;
    if (text[i] != '%' || i + 2 >= text.size() || !Is(text[i + 1], kHex) ||
        !Is(text[i + 2], kHex)) {
      return false;
    }
    i += 2;
  }
  return !text.empty() && text.size() <= 255;
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && AllAre(text, kToken);
}
bool IsFieldValue(std::string_view text) {
  while (text.size() >= sizeof(uint64_t)) {
    uint64_t eight;
    std::memcpy(&eight, text.data(), sizeof eight);
    if (MayHaveControl(eight) && !AllAre(text.substr(0, sizeof eight), kValue)) return false;
    text.remove_prefix(sizeof eight);
  }
  return AllAre(text, kValue);
}
bool IsTargetText(std::string_view text) {
  return AllAre(text, kTarget);
}

size_t TokenPrefix(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && Is(text[n], kToken)) ++n;
  return n;
}

std::string_view TrimOws(std::string_view text) {
  auto is_ows = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<uint64_t> ParseContentLength(std::string_view text) {
  if (text.empty() || !AllAre(text, kDigit)) return std::nullopt;
  constexpr uint64_t kMax = (uint64_t{1} << 63) - 1;
  uint64_t value = 0;
  for (char c : text) {
    auto digit = static_cast<uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

bool IsAuthority(std::string_view text) {
  if (text.empty()) return false;
  std::string_view rest;
  if (text.front() == '[') {
    size_t close = text.find(']');
    if (close == std::string_view::npos || close > 46) return false;
    auto address = IpAddress::Parse(text.substr(1, close - 1));
    if (!address.ok() || address->is_v4()) return false;
    rest = text.substr(close + 1);
  } else {
    size_t colon = std::min(text.find(':'), text.size());
    if (!IsRegisteredName(text.substr(0, colon))) return false;
    rest = text.substr(colon);
  }
  return rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1)));
}

bool IsKnownMethod(std::string_view method) {
  static constexpr std::string_view kMethods[] = {
      "GET",   "HEAD", "POST",  "PUT",      "DELETE",    "OPTIONS", "PATCH",  "COPY",  "LOCK",
      "MKCOL", "MOVE", "PURGE", "PROPFIND", "PROPPATCH", "REPORT",  "SEARCH", "UNLOCK"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

bool IsConnectionField(std::string_view name) {
  static constexpr std::string_view kNames[] = {"connection", "content-length",   "keep-alive",
                                                "te",         "proxy-connection", "trailer",
                                                "upgrade",    "transfer-encoding"};
  switch (name.size()) {  // quick way out for nearly every field
    case 2:
    case 7:
    case 10:
    case 14:
    case 16:
    case 17:
      return std::any_of(std::begin(kNames), std::end(kNames),
                         [name](std::string_view known) { return EqualsIgnoreCase(known, name); });
    default:
      return false;
  }
}

bool MayBeTrailer(std::string_view name) {
  static constexpr std::string_view kNever[] = {"authorization",
                                                "cache-control",
                                                "content-encoding",
                                                "content-range",
                                                "content-type",
                                                "expect",
                                                "host",
                                                "max-forwards",
                                                "pragma",
                                                "proxy-authenticate",
                                                "proxy-authorization",
                                                "range",
                                                "set-cookie",
                                                "www-authenticate"};
  return IsToken(name) && !IsConnectionField(name) &&
         std::none_of(std::begin(kNever), std::end(kNever),
                      [name](std::string_view known) { return EqualsIgnoreCase(known, name); });
}

}  // namespace terrella::http::h1
