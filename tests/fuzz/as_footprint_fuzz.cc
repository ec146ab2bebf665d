// Footprints of ASes: no bytes may crash their check, and what passes it can be looked up.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "sim/bgp/as_footprint.h"

// The packed form of a file: its first eight bytes are mended, so that more of it is read.
static void TryPacked(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (size >= 8) bytes.replace(0, 8, "TERRAFP2");
  (void)terrella::bgp::AsFootprint::Unpack(bytes).ok();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace terrella::bgp;
  TryPacked(data, size);
  std::vector<uint32_t> words(size / 4);
  if (!words.empty()) std::memcpy(words.data(), data, words.size() * 4);
  if (words.size() >= 2) std::memcpy(words.data(), "TERRAFP1", 8);
  const auto footprint = AsFootprint::FromWords(words);
  if (!footprint.ok()) return 0;
  for (size_t i = 0; i < (*footprint)->as_count(); ++i) {
    for (const Cell& cell : (*footprint)->CellsOf(words[8 + i])) {
      CHECK(terrella::net::CheckCoordinates(cell.at()).ok());
    }
  }
  return 0;
}
