// Percent-encoding: which bytes of which part of a URL are written as %XX.
//
// The URL Standard (section 1.3) defines seven nested sets of code points; all of them hold
// everything above U+007E, so they can be asked byte by byte of UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace terrella::runtime {

enum class EncodeSet : uint8_t {
  kC0Control = 1,
  kFragment = 2,
  kQuery = 4,
  kSpecialQuery = 8,
  kPath = 16,
  kUserinfo = 32,
  kForm = 64,  // application/x-www-form-urlencoded; U+0020 is '+' there and not in the set
};

bool InEncodeSet(EncodeSet set, char byte);

// Appends `bytes`, those in the set as %XX with upper-case digits.
void AppendEncoded(EncodeSet set, std::string_view bytes, std::string& out);

// Replaces each %XX by its byte; a '%' without two hexadecimal digits stands for itself.
std::string PercentDecode(std::string_view bytes);

}  // namespace terrella::runtime
