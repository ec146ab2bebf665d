// UTF-8 as the web reads it: what is well formed, and where U+FFFD goes when it is not.
//
// The Encoding Standard replaces each maximal ill-formed subsequence by one U+FFFD (Unicode 15,
// section 3.9, "Substitution of Maximal Subparts"); every function here agrees on that cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrella::runtime {

// How many of the leading bytes are ASCII. Eight bytes a step.
size_t AsciiPrefixBytes(std::string_view bytes);
inline bool IsAscii(std::string_view bytes) {
  return AsciiPrefixBytes(bytes) == bytes.size();
}

// What stands at the start of some bytes.
struct Utf8Step {
  enum class Kind {
    kScalar,      // a well-formed sequence of `length_bytes`
    kIllFormed,   // `length_bytes` to be replaced by one U+FFFD
    kIncomplete,  // a good beginning of a sequence, cut short by the end of the bytes
  };
  Kind kind;
  uint8_t length_bytes;
  char32_t code_point;  // of a kScalar
};

// Reads one step from non-empty `bytes`.
Utf8Step NextUtf8(std::string_view bytes);

bool IsWellFormedUtf8(std::string_view bytes);

// The bytes with every ill-formed part replaced by U+FFFD: the bytes of a scalar value string.
std::string ToWellFormedUtf8(std::string_view bytes);

// Appends a scalar value. Requires: not a surrogate, at most U+10FFFF.
void AppendUtf8(char32_t code_point, std::string& out);

inline constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

}  // namespace terrella::runtime
