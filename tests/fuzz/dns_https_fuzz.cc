// DNS over HTTPS: text that is base64url has one reading and is what that reading is written as;
// and the least TTL of any bytes is found, or not, within their bounds.
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/status.h"
#include "dns_router/server/https_server.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::dns;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = FromBase64Url(text)) CHECK(absl::WebSafeBase64Escape(*bytes) == text);
  CHECK(FromBase64Url(absl::WebSafeBase64Escape(terrella::ToAbsl(text))) == text);
  LeastTtl(text);
  return 0;
}
