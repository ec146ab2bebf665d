// Vary: which stored response of a resource a request may get (RFC 9111 section 4.1).
//
// A response names the request fields it was chosen by; a later request matches when it has the
// same values in them, after what makes no difference has been taken out: several lines of one
// field, spaces and tabs around list items, and for Accept-Encoding also the order, the case and
// codings with weight 0.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message/headers.h"

namespace terrella::cache {

struct Vary {
  bool any = false;                // "*": no request ever matches
  std::vector<std::string> names;  // lower case, sorted, once each
};
Vary VaryOf(const http::Headers& response);

// The request's values in those fields: equal for two requests exactly when they match.
std::string VaryValues(const std::vector<std::string>& names, const http::Headers& request);

// One field's value with its differences without meaning taken out.
std::string NormalizeForVary(std::string_view name, std::string_view value);

}  // namespace terrella::cache
