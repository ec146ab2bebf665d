// Grammar: the character classes and small rules of RFC 9110 and RFC 9112, shared by parsers and
// serializers.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace terrella::http::h1 {

// RFC 9110 section 5.6.2: a method or field name is made of these.
bool IsToken(std::string_view text);
// RFC 9110 section 5.5, with obs-text; HTAB and SP inside. No other control character, so no CR,
// LF, NUL.
bool IsFieldValue(std::string_view text);
// Length of the longest token at the start of `text`.
size_t TokenPrefix(std::string_view text);
// Without SP and HTAB at both ends.
std::string_view TrimOws(std::string_view text);
// 1*DIGIT up to 2^63 - 1, nothing else: no sign, no space, no list (RFC 9112 section 6.3).
std::optional<uint64_t> ParseContentLength(std::string_view text);
// uri-host [":" port]: a registered name of letters, digits, "-._~" and %HH, or [IPv6]. Stricter
// than RFC 3986 in that sub-delims are refused: "a,b" is no host anybody serves.
bool IsAuthority(std::string_view text);
// Visible ASCII without "#" (RFC 9112 section 3.2; browsers send more than RFC 3986 allows
// unescaped).
bool IsTargetText(std::string_view text);
// The methods of RFC 9110, PATCH and WebDAV that we pass on. CONNECT and TRACE are not among them.
bool IsKnownMethod(std::string_view method);
// Fields that belong to one connection or frame one message; never passed on (RFC 9110
// section 7.6.1).
bool IsConnectionField(std::string_view name);

// Whether a field may stand in a trailer section: a token that neither frames, routes,
// authenticates nor says how to read the content (RFC 9110 section 6.5.1).
bool MayBeTrailer(std::string_view name);

// Calls `each` with every non-empty element of a comma-separated list.
template <class F>
void ForEachListItem(std::string_view list, F each) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view item = TrimOws(list.substr(0, comma));
    if (!item.empty()) each(item);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace terrella::http::h1
