// DNS over HTTPS: text that is base64url has one reading and is what that reading is written as;
// and the least TTL of any bytes is found, or not, within their bounds.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "dns_router/server/https_server.h"

namespace terrella::dns {
namespace {

std::string ToBase64Url(std::string_view bytes) {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) out.push_back(kLetters[bits >> (count - 6) & 63]);
  }
  if (count > 0) out.push_back(kLetters[bits << (6 - count) & 63]);
  return out;
}

}  // namespace
}  // namespace terrella::dns

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::dns;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = FromBase64Url(text)) CHECK(ToBase64Url(*bytes) == text);
  CHECK(FromBase64Url(ToBase64Url(text)) == text);
  LeastTtl(text);
  return 0;
}
