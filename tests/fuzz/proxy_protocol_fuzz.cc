// Fuzzes the PROXY v2 parser. Properties: a verdict reached on a prefix stays (more bytes change
// nothing), and what was parsed encodes to something that parses to the same.
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "http/proxy_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using terrella::http::EncodeProxyHeader;
  using terrella::http::ParseProxyHeader;
  using terrella::http::ProxyParse;
  ProxyParse whole = ParseProxyHeader({reinterpret_cast<const char*>(data), size});
  for (size_t n = 0; n <= size && n < 512; ++n) {
    std::unique_ptr<char[]> copy(new char[n]);
    if (n > 0) std::memcpy(copy.get(), data, n);
    ProxyParse part = ParseProxyHeader({copy.get(), n});
    if (part.state == ProxyParse::State::kNeedMore) continue;
    CHECK(part.state == whole.state && part.consumed_bytes == whole.consumed_bytes);
    CHECK(part.info == whole.info);
  }
  if (whole.state == ProxyParse::State::kDone) {
    CHECK(whole.consumed_bytes <= size);
    auto bytes = EncodeProxyHeader(whole.info);
    CHECK(bytes.ok());
    ProxyParse again = ParseProxyHeader(*bytes);
    CHECK(again.state == ProxyParse::State::kDone && again.info == whole.info);
  }
  return 0;
}
