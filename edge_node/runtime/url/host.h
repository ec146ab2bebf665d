// ParseHost: the host parser of the URL Standard (section 3.5).
//
// A host is kept as its serialization: a domain, an IPv4 address, a bracketed IPv6 address, or an
// opaque host (of a scheme that is not special). The empty host is for the URL parser to decide.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::runtime {

// `input` is well-formed UTF-8. InvalidArgument says what is wrong with the host.
absl::StatusOr<std::string> ParseHost(std::string_view input, bool is_opaque);

// Code points no domain may hold (section 3.1, "forbidden domain code point").
bool IsForbiddenInDomain(char c);

}  // namespace terrella::runtime
