// Reuse: what may be done with a stored response when a request for it comes (RFC 9111 section 4,
// RFC 5861).
//
// Directives of the request are not obeyed, as on other content delivery networks: a reload button
// must not be able to send everybody's traffic to the origin (RFC 9111 section 5.2.1 leaves that to
// the cache). Two exceptions: only-if-cached, and no-store, which keeps the answer out of the
// cache (storing.h). The caller has FetchRules::mode for the rest.
//
// Thread: any; pure functions.
#pragma once

#include <string_view>

#include "edge_node/cache/policy/fetch_rules.h"
#include "edge_node/cache/policy/stored_head.h"

namespace terrella::cache {

enum class Use {
  kFresh,            // serve it
  kServeAndRefresh,  // serve it, and validate it in the background (RFC 5861 section 3)
  kValidateFirst,    // ask the origin before serving it
};
Use JudgeUse(const StoredHead& head, CacheMode mode, WallTime now);

// Whether it may be served although the origin could not be asked, or answered with a server error
// (RFC 9111 section 4.2.4, RFC 5861 section 4). Without stale-if-error there is no bound, as the
// hosted product has it.
bool MayServeOnError(const StoredHead& head, WallTime now);
// The answers that count as failures: 500, 502, 503, 504 (RFC 5861 section 4).
bool IsServerFailure(int status);

// What became of a request, as cf-cache-status names it.
enum class CacheStatus {
  kHit,
  kMiss,
  kExpired,      // it was stale; the origin sent a new one
  kRevalidated,  // it was stale; the origin said that it still holds
  kStale,        // it was stale and the origin failed
  kUpdating,     // it was stale and is being refreshed
  kBypass,       // it could have been cached, but the response or the caller forbade it
  kDynamic,      // nothing that is cached
};
std::string_view CacheStatusName(CacheStatus status);
inline constexpr std::string_view kCacheStatusField = "cf-cache-status";

}  // namespace terrella::cache
