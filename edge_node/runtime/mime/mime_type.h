// MimeType: a type as in Content-Type, "text/html;charset=utf-8", parsed and written as browsers
// do.
//
// By the MIME Sniffing Standard, section 4, and, for a Content-Type header that several fields
// share, "extract a MIME type" of the Fetch Standard, section 2.2.2. Text is isomorphic: a byte
// stands for the code point of its value. What is no byte never gets this far; see ToIsomorphic of
// bindings/mime_binding.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace terrella::runtime {

struct MimeType {
  std::string type;                                             // lower case
  std::string subtype;                                          // lower case
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, distinct

  // Nothing when there is no "type/subtype" to begin with; a parameter that is wrong is left out.
  static std::optional<MimeType> Parse(std::string_view text);
  // Of the combined value of a message's Content-Type fields: the last one that says something,
  // with the charset of an earlier one of the same essence.
  static std::optional<MimeType> Extract(std::string_view header_value);

  std::string essence() const { return type + "/" + subtype; }
  // Null when there is none.
  const std::string* parameter(std::string_view name) const;
  void AddParameter(std::string_view name, std::string_view value);
  std::string Serialize() const;
  bool operator==(const MimeType&) const = default;
};

// U+0009, U+000A, U+000D and U+0020: what HTTP strips from the ends of a value.
std::string_view StripHttpWhitespace(std::string_view text);
// Whether every byte may stand in a token (RFC 9110 section 5.6.2); false when there is none.
bool IsHttpToken(std::string_view text);
std::string AsciiLower(std::string_view text);

}  // namespace terrella::runtime
