#include "sim/bgp/as_footprint_file.h"

#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/status.h"
#include "sim/bgp/as_footprint.h"

namespace terrella::bgp {
namespace {

constexpr std::string_view kMagic = "TERRAFP2";
constexpr size_t kHeadBytes = 24, kPlaceBytes = 6, kCellBytes = 3;
// The least an AS takes, so that a head cannot ask for more memory than its file is worth.
constexpr size_t kAsBytesMin = 2;
constexpr size_t kAsesMax = 1'000'000;
constexpr double kUsersBase = 1.08;

uint32_t ReadWord(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return out;
}

// Seven bits a byte, low first; nothing when it ends early or is beyond 32 bits.
std::optional<uint32_t> TakeVarint(std::string_view& bytes) {
  uint64_t out = 0;
  for (int shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    out |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80)
      return out <= 0xffffffff ? std::optional(static_cast<uint32_t>(out)) : std::nullopt;
  }
  return std::nullopt;
}

std::array<uint32_t, 256> UsersBySteps() {
  std::array<uint32_t, 256> out{};
  for (int step = 1; step < 256; ++step) {
    out[static_cast<size_t>(step)] = static_cast<uint32_t>(std::pow(kUsersBase, step - 1) + 0.5);
  }
  return out;
}

Cell PlaceAt(std::string_view places, size_t index) {
  const char* from = places.data() + index * kPlaceBytes;
  Cell out;
  std::memcpy(&out.latitude_cdeg, from, 2);
  std::memcpy(&out.longitude_cdeg, from + 2, 2);
  std::memcpy(out.country, from + 4, 2);
  return out;
}

}  // namespace

absl::StatusOr<std::vector<uint32_t>> UnpackFootprint(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || bytes.substr(0, kMagic.size()) != kMagic) {
    return DataLoss("expected footprints of ASes that begin with {}", kMagic);
  }
  const size_t ases = ReadWord(bytes, 8), cells = ReadWord(bytes, 12), places = ReadWord(bytes, 16);
  if (ases > kAsesMax) return DataLoss("expected at most {} ASes, got {}", kAsesMax, ases);
  const size_t fixed = kHeadBytes + places * kPlaceBytes + cells * kCellBytes;
  if (bytes.size() < fixed + ases * kAsBytesMin) {
    return DataLoss("expected at least {} bytes, got {}", fixed + ases * kAsBytesMin, bytes.size());
  }
  std::string_view lists = bytes.substr(kHeadBytes + places * kPlaceBytes);
  const std::string_view place_of = lists.substr(lists.size() - cells * kCellBytes, cells * 2);
  const std::string_view users_of = bytes.substr(bytes.size() - cells);
  lists.remove_suffix(cells * kCellBytes);

  const std::array<uint32_t, 256> users = UsersBySteps();
  const std::string_view place_bytes = bytes.substr(kHeadBytes, places * kPlaceBytes);
  std::vector<Asn> asn;
  std::vector<std::vector<Cell>> out(ases);
  uint64_t number = 0;
  size_t at = 0;
  for (std::vector<Cell>& of_as : out) {
    const std::optional<uint32_t> step = TakeVarint(lists), count = TakeVarint(lists);
    if (!step || !count || *count > cells - at || (number += *step) > 0xffffffff) {
      return DataLoss("expected a number and some of {} cells after AS{}", cells - at, number);
    }
    asn.push_back(static_cast<Asn>(number));
    for (const size_t end = at + *count; at < end; ++at) {
      uint16_t place = 0;
      std::memcpy(&place, place_of.data() + 2 * at, 2);
      if (place >= places) return DataLoss("expected one of {} places, got {}", places, place);
      Cell cell = PlaceAt(place_bytes, place);
      cell.users = users[static_cast<unsigned char>(users_of[at])];
      of_as.push_back(cell);
    }
  }
  if (!lists.empty() || at != cells) {
    return DataLoss("expected {} ASes with {} cells, got {}", ases, cells, at);
  }
  return FootprintWords(asn, out);
}

}  // namespace terrella::bgp
