// Any text is JSON with comments or a refusal with a place; what was read is JSON once more, and
// the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/config_node.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto node = terrella::ParseJsonc(text, "f.jsonc");
  if (!node.ok()) {
    CHECK(node.status().message().find("f.jsonc:") == 0);
    return 0;
  }
  const std::string json = terrella::ToJson(*node);
  auto again = terrella::ParseJsonc(json, "f.jsonc");
  CHECK(again.ok());
  CHECK(terrella::ToJson(*again) == json);
  return 0;
}
