// UTF-8 as configuration files need it: whether bytes are it, and one code point as it.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrella {

// RFC 3629: shortest forms only, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view bytes);

// At most `bytes_max` bytes of a text, never a part of a character; what is no UTF-8 becomes
// U+FFFD. For words from outside that go into a protobuf string, which takes nothing else.
std::string Utf8Text(std::string_view bytes, size_t bytes_max);

// `code` is a scalar value: at most U+10FFFF and no surrogate.
void AppendUtf8(std::string& out, uint32_t code);

}  // namespace terrella
