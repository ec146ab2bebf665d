// MIME types and data: URLs: what was understood, written down, is understood the same way again.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "edge_node/runtime/encoding/base64.h"
#include "edge_node/runtime/mime/data_url.h"
#include "edge_node/runtime/mime/mime_type.h"

using namespace terrella::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const auto& mime : {MimeType::Parse(input), MimeType::Extract(input)}) {
    if (!mime) continue;
    CHECK(MimeType::Parse(mime->Serialize()) == mime);
    CHECK(MimeType::Extract(mime->Serialize()) == mime || mime->essence() == "*/*");
  }
  for (const auto& url : {ParseDataUrl(input), ParseDataUrl("data:" + std::string(input))}) {
    if (url) CHECK(MimeType::Parse(url->type.Serialize()) == url->type);
  }
  if (const auto bytes = DecodeBase64(input)) CHECK(DecodeBase64(EncodeBase64(*bytes)) == bytes);
  return 0;
}
