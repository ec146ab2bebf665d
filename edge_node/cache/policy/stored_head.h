// StoredHead: what the cache keeps of a response beside its body, and how old and how fresh that is
// (RFC 9111 section 4.2).
//
// Everything a later request needs is worked out once, when the response is stored or validated, so
// that a hit reads a few numbers and no field. Times are wall time: they survive a restart. A clock
// that jumps back makes nothing older than it was.
//
// Thread: any (plain data).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/message/message.h"

namespace terrella::cache {

// When a request left and when the head of its answer came.
struct ExchangeTimes {
  WallTime request{};
  WallTime response{};
};

struct StoredHead {
  int status = 200;
  std::string reason;
  // As they may be served: without connection fields, Content-Length, Age, and what private="..."
  // and no-cache="..." listed.
  http::Headers headers;

  WallTime response_time{};  // of the answer, or of the 304 that last confirmed it
  Duration initial_age{};    // at that moment: corrected_initial_age (section 4.2.3)
  Duration lifetime{};       // freshness_lifetime (section 4.2.1)
  bool no_cache = false;     // never used without validation
  bool forbids_stale = false;
  std::optional<int64_t> stale_while_revalidate_s;
  std::optional<int64_t> stale_if_error_s;

  std::vector<std::string> vary;  // field names of Vary: lower case, sorted, once each
  std::vector<std::string> tags;  // of Cache-Tag, lower case
  uint64_t purge_stamp = 0;       // the newest purge known when its request left

  Duration AgeAt(WallTime now) const {
    return initial_age + (now > response_time ? now - response_time : Duration(0));
  }
  bool FreshAt(WallTime now) const { return !no_cache && AgeAt(now) < lifetime; }
  // How long it has been stale; not positive while it is fresh.
  Duration StaleFor(WallTime now) const { return AgeAt(now) - lifetime; }

  std::optional<std::string_view> etag() const { return headers.Find("etag"); }
  std::optional<std::string_view> last_modified() const { return headers.Find("last-modified"); }
  bool has_validator() const { return etag().has_value() || last_modified().has_value(); }
};

}  // namespace terrella::cache
