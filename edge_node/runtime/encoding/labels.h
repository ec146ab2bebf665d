// EncodingForLabel: which encoding a label such as "latin1" or "utf8" names.
//
// The names, labels and their case rules are those of the Encoding Standard, section 4.2; a page or
// a server says "iso-8859-1" and gets windows-1252, as on the web.
#pragma once

#include <cstdint>
#include <string_view>

namespace terrella::runtime {

enum class EncodingKind : uint8_t {
  kUtf8,
  kUtf16Le,
  kUtf16Be,
  kSingleByte,  // one byte, one code point, by a table
  kMultiByte,   // by an ICU converter
  kIso2022Jp,
  kUserDefined,  // x-user-defined: the upper half is U+F780..U+F7FF
  kReplacement,  // encodings refused for safety; a TextDecoder may not have it
};

struct Encoding {
  const char* name;  // as in the standard, lower case: what TextDecoder.encoding gives
  EncodingKind kind;
  const char* icu_name;  // the ICU converter of a single or multi byte encoding
  const char* labels;    // lower case, separated by spaces
};

// Null for an unknown label. White space around it and its case do not matter.
const Encoding* EncodingForLabel(std::string_view label);

const Encoding& Utf8Encoding();

}  // namespace terrella::runtime
