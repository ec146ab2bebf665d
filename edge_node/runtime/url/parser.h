// ParseUrlRecord: the basic URL parser of the URL Standard (section 4.4).
//
// The standard's state machine reads code point by code point; here each state takes its whole
// piece of the input at once and names the next state:
//
//   Scheme -> SpecialRelativeOrAuthority -> Relative -> RelativeSlash -> Authority -> PathStart
//          -> SpecialAuthority ---------------------------------------->
//          -> PathOrAuthority ----------------------------------------->          -> Path
//          -> OpaquePath                                                    PathStart -> Path
//          -> NoScheme -> Relative | File                                   Path -> Query ->
//          Fragment
//          -> File -> FileSlash -> FileHost -> PathStart
//
// "State override", which the standard uses for the setters, is not needed: setters.cc calls the
// pieces.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "edge_node/runtime/url/record.h"

namespace terrella::runtime {

// `input` is well-formed UTF-8. InvalidArgument says what is missing or wrong.
absl::StatusOr<UrlRecord> ParseUrlRecord(std::string_view input, const UrlRecord* base);

// The pieces of the parser, shared with the setters.

// The input without ASCII tab and newline.
std::string WithoutTabsAndNewlines(std::string_view input);

// How long the scheme at the start of `input` is, when ':' follows it; else 0.
size_t SchemeLength(std::string_view input);

// Where the authority at the start of `input` ends: at '/', '?', '#', for special URLs also '\'.
size_t AuthorityLength(std::string_view input, bool is_special);

// Splits "host:port" at the first ':' outside brackets.
struct HostPort {
  std::string_view host;
  std::string_view port;
  bool has_colon;
};
HostPort SplitHostPort(std::string_view text);

// Reads the digits `text` starts with as a port into `url`. What follows them is the caller's
// business.
absl::Status TakePort(std::string_view text, UrlRecord& url, size_t& digits);

// Appends path segments. `text` begins after the '/' that opens its first segment.
void AppendPath(std::string_view text, UrlRecord& url);

}  // namespace terrella::runtime
