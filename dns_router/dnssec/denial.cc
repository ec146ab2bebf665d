#include "dns_router/dnssec/denial.h"

#include <algorithm>
#include <map>

namespace terrella::dns {
namespace {

// The name that follows with nothing between (RFC 4471 section 3.1): one more label of a zero
// byte. Where no label fits, the last byte of the first one grows.
std::string NextName(std::string_view owner) {
  if (owner.size() + 2 <= kNameBytesMax) return std::string("\1\0", 2) + std::string(owner);
  const auto length = static_cast<uint8_t>(owner[0]);
  std::string next(owner);
  auto last = static_cast<uint8_t>(next[length]);
  if (last == 0xff) return {};
  // Upper case sorts as lower case: it is stepped over.
  last = last + 1 == 'A' ? '[' : static_cast<uint8_t>(last + 1);
  next[length] = static_cast<char>(last);
  return next;
}

}  // namespace

std::string NsecContent(std::string_view owner, std::span<const Type> types) {
  std::string content = NextName(owner);
  if (content.empty()) return {};
  // Windows of 256 types, each as the bytes up to its last set bit (RFC 4034 section 4.1.2).
  std::map<uint8_t, std::string> windows;
  for (const Type type : types) {
    const auto number = static_cast<uint16_t>(type);
    std::string& bits = windows[static_cast<uint8_t>(number >> 8)];
    const size_t at = (number & 0xff) / 8;
    if (bits.size() <= at) bits.resize(at + 1, '\0');
    bits[at] = static_cast<char>(static_cast<uint8_t>(bits[at]) | 0x80 >> number % 8);
  }
  for (const auto& [window, bits] : windows) {
    content.push_back(static_cast<char>(window));
    content.push_back(static_cast<char>(bits.size()));
    content += bits;
  }
  return content;
}

}  // namespace terrella::dns
