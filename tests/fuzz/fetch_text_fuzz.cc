// What `terrella fetch` reads as text: URLs from the command line, server-timing from whoever
// answers.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "sim/visit/http_url.h"
#include "sim/visit/waterfall.h"

using namespace terrella::sim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto url = ParseHttpUrl(text); url.ok()) {
    CHECK(url->target.starts_with('/'));
    // What was understood is understood the same way again.
    const auto again =
        ParseHttpUrl((url->secure ? "https://" : "http://") + url->authority() + url->target);
    CHECK(again.ok() && again->host == url->host && again->port == url->port &&
          again->target == url->target && again->secure == url->secure);
  }
  FetchResult result;
  result.secured_ms = size % 8;
  result.first_byte_ms = 10;
  result.last_byte_ms = 12;
  result.head.headers.Append("server-timing", text);
  for (const Waterfall::Phase& phase : MakeWaterfall(result, 3).phases)
    CHECK(phase.duration_ms >= 0);
  PopOfRay(text);
  return 0;
}
