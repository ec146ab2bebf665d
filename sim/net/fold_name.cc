#include <cstdint>
#include <string>

#include "sim/net/places.h"

namespace terrella::net {
namespace {

// Base letters of U+00C0 to U+017F, and of U+1E00 to U+1EFF; '*': no single base letter.
constexpr std::string_view kLatin =
    "aaaaaa*ceeeeiiiidnooooo*ouuuuy**aaaaaa*ceeeeiiiidnooooo*ouuuuy*y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllll"
    "lllnnnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr std::string_view kLatinAdditional =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwy*s****aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy******";

std::string_view Special(uint32_t code) {
  switch (code) {
    case 0xc6:
    case 0xe6:
      return "ae";
    case 0x152:
    case 0x153:
      return "oe";
    case 0xdf:
      return "ss";
    case 0xde:
    case 0xfe:
      return "th";
    case 0x132:
    case 0x133:
      return "ij";
    case 0x14a:
    case 0x14b:
      return "n";
    case 0x18f:
    case 0x259:
      return "e";
    case 0x1a0:
    case 0x1a1:
      return "o";
    case 0x1af:
    case 0x1b0:
      return "u";
    case 0x218:
    case 0x219:
      return "s";
    case 0x21a:
    case 0x21b:
      return "t";
    default:
      return {};
  }
}

bool IsApostrophe(uint32_t code) {
  return code == '\'' || code == '`' || code == 0x2018 || code == 0x2019 || code == 0x2bb ||
         code == 0x2bc || code == 0xb4;
}

// Reads one code point and its length; a malformed byte counts as itself.
uint32_t Decode(std::string_view text, size_t* length) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  *length = 1;
  if (byte(0) >= 0xc2 && byte(0) <= 0xdf && tail(1)) {
    *length = 2;
    return (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu);
  }
  if (byte(0) >= 0xe0 && byte(0) <= 0xef && tail(1) && tail(2)) {
    *length = 3;
    return (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
  }
  return byte(0) < 0x80 ? byte(0) : 0xfffd;
}

}  // namespace

std::string FoldName(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  bool gap = false;
  while (!utf8.empty()) {
    size_t length = 1;
    uint32_t code = Decode(utf8, &length);
    std::string_view raw = utf8.substr(0, length);
    utf8.remove_prefix(length);
    char letter[1];
    std::string_view piece = Special(code);
    if (piece.empty()) {
      if (code >= 'A' && code <= 'Z') {
        letter[0] = static_cast<char>(code + 32);
        piece = {letter, 1};
      } else if ((code >= 'a' && code <= 'z') || (code >= '0' && code <= '9')) {
        piece = raw;
      } else if (code >= 0xc0 && code < 0xc0 + kLatin.size() && kLatin[code - 0xc0] != '*') {
        piece = kLatin.substr(code - 0xc0, 1);
      } else if (code >= 0x1e00 && code < 0x1f00 && kLatinAdditional[code - 0x1e00] != '*') {
        piece = kLatinAdditional.substr(code - 0x1e00, 1);
      } else if (IsApostrophe(code) || (code >= 0x300 && code <= 0x36f)) {
        continue;  // apostrophes and combining marks
      } else if (code < 0xc0 || (code >= 0x2000 && code < 0x2070)) {
        gap = !out.empty();  // punctuation and spaces
        continue;
      } else {
        piece = raw;
      }
    }
    if (gap) out += ' ';
    gap = false;
    out += piece;
  }
  return out;
}

}  // namespace terrella::net
