// The text of AS relationships, plain and packed: no bytes may crash the reader, and what it takes
// is a graph whose image passes its own check.
#include <cstdint>
#include <string_view>

#include "sim/bgp/as_rel_text.h"
#include "sim/bgp/bzip2.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::bgp;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  AsRelLimits limits;
  limits.text_bytes_max = 1 << 20;
  (void)ParseAsRel(bytes, "fuzz", limits);
  if (IsBzip2(bytes)) (void)Bunzip2(bytes, limits.text_bytes_max);
  return 0;
}
