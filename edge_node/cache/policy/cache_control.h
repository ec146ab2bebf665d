// CacheControl: what the Cache-Control field of one message says (RFC 9111 section 5.2), and the
// fields that speak to a CDN alone (RFC 9213).
//
// A directive whose argument makes no sense must never make a response fresher than its sender
// meant: a broken max-age counts as 0, a broken stale-* as absent. Of several values for one
// directive the first counts (RFC 9111 section 4.2.1). Unknown directives are ignored.
//
// Thread: any; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message/headers.h"

namespace terrella::cache {

// Longest time a directive may say, in seconds: 2^31 (RFC 9111 section 1.2.2).
inline constexpr int64_t kDeltaSecondsMax = int64_t{1} << 31;

struct CacheControl {
  bool present = false;  // there was a field with at least one directive
  bool no_store = false;
  bool no_cache = false;  // without an argument; with one, see no_cache_fields
  bool is_private = false;
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;
  std::optional<int64_t> max_age_s;
  std::optional<int64_t> s_maxage_s;
  std::optional<int64_t> stale_while_revalidate_s;  // RFC 5861 section 3
  std::optional<int64_t> stale_if_error_s;          // RFC 5861 section 4
  // Lower-case names that no-cache="..." and private="..." list.
  std::vector<std::string> no_cache_fields;
  std::vector<std::string> private_fields;

  // Serving it stale is forbidden whatever else says (RFC 9111 sections 4.2.4, 5.2.2.2, 5.2.2.8,
  // 5.2.2.10).
  bool forbids_stale() const {
    return must_revalidate || proxy_revalidate || s_maxage_s.has_value() || no_cache;
  }
  bool operator==(const CacheControl&) const = default;
};

// All Cache-Control fields of a message as one list.
CacheControl ParseCacheControl(const http::Headers& headers);
// The value of one field.
CacheControl ParseCacheControl(std::string_view value);

// delta-seconds (RFC 9111 section 1.2.2), at most kDeltaSecondsMax; nothing when it is no number.
std::optional<int64_t> ParseDeltaSeconds(std::string_view text);

// The field that decides for a response (RFC 9213 section 2.2): the first valid, non-empty one of
// Cloudflare-CDN-Cache-Control and CDN-Cache-Control.
struct ResponseControl {
  CacheControl control;
  bool targeted = false;  // it came from one of these: Cache-Control and Expires do not count
};
ResponseControl ControlOfResponse(const http::Headers& headers);

// The field meant for us only; not passed on.
inline constexpr std::string_view kOwnControlField = "cloudflare-cdn-cache-control";

}  // namespace terrella::cache
