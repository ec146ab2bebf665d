// Conditions: whether a requester already has the response it asks for (RFC 9110 section 13).
//
// Only If-None-Match and If-Modified-Since: the others are for an origin (RFC 9111 section 4.3.2).
//
// Thread: any; pure functions.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "http/message/headers.h"

namespace terrella::cache {

// RFC 9110 section 8.8.3.2.
bool WeakMatch(std::string_view a, std::string_view b);
bool StrongMatch(std::string_view a, std::string_view b);

// True: answer 304. `response` are the fields of what would be served.
bool IsNotModified(const http::Headers& request, const http::Headers& response, WallTime now);

}  // namespace terrella::cache
