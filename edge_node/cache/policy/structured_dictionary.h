// StructuredDictionary: reads a structured field of type dictionary (RFC 9651 section 4.2.2), as
// far as cache directives need it.
//
// The syntax is checked whole, since a malformed field counts as absent (RFC 9213 section 2.2);
// parameters, inner lists, decimals, dates and byte sequences are skipped.
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::cache {

struct DictionaryMember {
  enum class Kind { kTrue, kInteger, kText, kOther };  // kText: a string or a token
  std::string key;
  Kind kind = Kind::kTrue;
  std::string text;  // the integer's digits with its sign, or the string's content
};

// Nothing when the value is no dictionary. Of two members of one name the later counts, at its own
// place.
std::optional<std::vector<DictionaryMember>> ParseStructuredDictionary(std::string_view value);

}  // namespace terrella::cache
