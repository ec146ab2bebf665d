// Any text is variables with names of bindings, or a refusal with a place.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "bundle/dev_vars.h"
#include "bundle/names.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto vars = terrella::bundle::ParseDevVars(text, "f");
  if (!vars.ok()) return 0;
  for (const auto& [name, value] : *vars) {
    CHECK(terrella::bundle::CheckBindingName(name).ok());
    CHECK(terrella::IsUtf8(value));
  }
  return 0;
}
