// Storing: whether a response may be kept, and for how long (RFC 9111 sections 3 and 4.2).
//
//   never             206 (parts are not put together), 1xx, 304
//   forced            a time to live the caller named replaces what the response says
//   forbidden         no-store, private, Vary: *, Set-Cookie, an answer to Authorization that does
//                     not say it may be shared (section 3.5)
//   explicit          s-maxage, max-age, Expires, in that order
//   by status         what a cache may assume when nothing is said (section 4.2.2); the times are
//                     the hosted product's
//   useless           stale at once, and nothing to validate it by
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "edge_node/cache/policy/fetch_rules.h"
#include "edge_node/cache/policy/stored_head.h"
#include "http/message/message.h"

namespace terrella::cache {

struct StoreDecision {
  bool store = false;
  bool forbidden = false;    // when not: it will not be otherwise next time
  std::string_view why_not;  // when not: for people; static text
  StoredHead head;           // when so
  // The fields for the one whose request it was, where they are others than the stored ones:
  // with Age, and with what private="..." and no-cache="..." listed.
  std::optional<http::Headers> for_asker;
};

StoreDecision DecideStore(const http::Headers& request, const http::ResponseHead& response,
                          const ExchangeTimes& times, const FetchRules& rules);

// How long a response that says nothing counts as fresh; nothing when its status gives no such
// right (RFC 9110 section 15.1).
std::optional<Duration> HeuristicLifetime(int status);

// corrected_initial_age (RFC 9111 section 4.2.3).
Duration InitialAge(const http::Headers& response, const ExchangeTimes& times);

// Removes what must not be passed on or kept: fields of the connection, those that Connection
// names, and fields addressed to a proxy (RFC 9111 section 3.1).
void RemoveUnstorableFields(http::Headers& headers);

}  // namespace terrella::cache
