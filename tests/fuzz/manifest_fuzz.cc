// Any text is a manifest or a refusal with a place; what is accepted obeys the manifest's own
// rules. The same of an origin of the command line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "bundle/manifest.h"
#include "bundle/names.h"
#include "bundle/origin.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto manifest = terrella::bundle::ParseManifest(text, "fuzz.toml");
  if (manifest.ok()) {
    CHECK(manifest->name.empty() || terrella::bundle::CheckScriptName(manifest->name).ok());
    for (const auto& route : manifest->routes) {
      CHECK(terrella::bundle::NormalizeRoute(route).value() == route);
    }
  }
  if (const auto origin = terrella::bundle::ParseOrigin(text); origin.ok()) {
    CHECK(terrella::bundle::CheckHostName(origin->host()).ok());
  }
  return 0;
}
