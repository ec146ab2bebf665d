#include "edge_node/cache/policy/range.h"

#include <fmt/format.h>

#include <algorithm>

#include "edge_node/cache/policy/conditions.h"
#include "edge_node/cache/policy/field_list.h"
#include "http/message/http_date.h"

namespace terrella::cache {
namespace {

// 1*DIGIT, saturated: a position beyond every body is as good as the next one.
std::optional<uint64_t> Position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  return value;
}

RangeDecision Part(uint64_t offset, uint64_t length) {
  return {RangeDecision::Kind::kPart, {offset, length}};
}

}  // namespace

RangeDecision ParseRange(std::string_view value, uint64_t body_bytes) {
  const RangeDecision whole;
  const RangeDecision unsatisfiable{RangeDecision::Kind::kNotSatisfiable, {}};
  const size_t equals = value.find('=');
  if (equals == std::string_view::npos || ToLower(Trim(value.substr(0, equals))) != "bytes") {
    return whole;
  }
  const std::string_view set = Trim(value.substr(equals + 1));
  if (set.find(',') != std::string_view::npos) return whole;
  const size_t dash = set.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view first_text = set.substr(0, dash), last_text = set.substr(dash + 1);
  if (first_text.empty()) {
    const auto suffix = Position(last_text);
    if (!suffix) return whole;
    if (*suffix == 0 || body_bytes == 0) return unsatisfiable;
    const uint64_t length = std::min(*suffix, body_bytes);
    return Part(body_bytes - length, length);
  }
  const auto first = Position(first_text);
  const auto last = last_text.empty() ? UINT64_MAX : Position(last_text);
  if (!first || !last || *last < *first) return whole;
  if (*first >= body_bytes) return unsatisfiable;
  return Part(*first, std::min(*last, body_bytes - 1) - *first + 1);
}

RangeDecision DecideRange(const http::Headers& request, const http::Headers& response,
                          uint64_t body_bytes, WallTime now) {
  const auto value = request.Find("range");
  if (!value || request.Count("range") > 1) return {};
  if (const auto if_range = request.Find("if-range")) {
    const std::string_view validator = Trim(*if_range);
    if (validator.starts_with('"') || validator.starts_with("W/")) {
      const auto etag = response.Find("etag");
      if (!etag || !StrongMatch(validator, *etag)) return {};
    } else {
      // A date is a strong validator only when it is the very one, and old enough at the time the
      // response was made that nothing changed within its second (RFC 9110 section 8.8.2.2).
      const auto modified = response.Find("last-modified"), date = response.Find("date");
      if (!modified || *modified != validator || !date) return {};
      const auto changed = http::ParseHttpDate(*modified, now);
      const auto made = http::ParseHttpDate(*date, now);
      if (!changed || !made || *made - std::chrono::seconds(1) < *changed) return {};
    }
  }
  return ParseRange(*value, body_bytes);
}

std::string ContentRange(const ByteRange& range, uint64_t body_bytes) {
  return fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, body_bytes);
}

}  // namespace terrella::cache
