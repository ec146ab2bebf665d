// Of any text the scanner finds imports that stand in it, and comes to its end.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "bundle/import_scanner.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto module = terrella::bundle::ScanImports(text);
  for (const auto& import : module.imports) {
    CHECK(text.find(import.specifier) != std::string_view::npos);
    CHECK(import.line >= 1 && import.line <= size + 1);
  }
  return 0;
}
