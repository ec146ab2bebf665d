// What the tests of this folder share: bytes written as hexadecimal.
#pragma once

#include <string>
#include <string_view>

#include "base/check.h"
#include "base/digest.h"

namespace terrella::runtime {

// The bytes of a literal, which may hold blanks.
inline std::string Hex(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c != ' ') digits += c;
  }
  auto bytes = FromHex(digits);
  CHECK(bytes.ok());
  return *std::move(bytes);
}

}  // namespace terrella::runtime
