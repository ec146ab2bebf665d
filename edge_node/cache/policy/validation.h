// Validation: asking the origin whether a stored response still holds, and what its 304 changes
// (RFC 9111 section 4.3).
//
// Thread: any; pure functions.
#pragma once

#include <optional>

#include "edge_node/cache/policy/fetch_rules.h"
#include "edge_node/cache/policy/stored_head.h"

namespace terrella::cache {

// Removes what would make the origin's answer fit one requester only (conditions, ranges): what is
// stored must be whole.
void RemoveConditions(http::Headers& request);

// Adds the validators of a stored response (section 4.3.1); false when it has none.
bool AddConditions(const StoredHead& head, http::Headers& request);

// The stored head as a 304 leaves it (sections 4.3.4 and 3.2): new fields replace old ones, save
// those that describe the body we hold. Nothing when the 304 is about another representation: its
// strong validator is not ours.
std::optional<StoredHead> Freshen(const StoredHead& stored, const http::Headers& request,
                                  const http::ResponseHead& not_modified,
                                  const ExchangeTimes& times, const FetchRules& rules);

}  // namespace terrella::cache
