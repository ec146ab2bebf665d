// AsFootprint: where on Earth each AS has people, by AS number.
//
// In memory it is words (FootprintWords), 32-bit little-endian:
//   head    8 words: "TERRAFP1" (2), ASes n, cells m, 4 zeros
//   asn     n        ascending
//   begins  n + 1    where each AS's cells begin; every AS has at least one
//   cells   3 m      latitude and longitude in hundredths of a degree (int16 each, latitude low);
//                    country as two capitals in the low half; internet users there
// The cells of an AS are in any order; one may stand for a city or for a square of a grid.
//
// The file as_footprint.bin is the same with less, little-endian:
//   head    "TERRAFP2", uint32 ASes n, cells m, places p, 0
//   places  p x 6    latitude and longitude (int16 each), two capitals
//   ASes    n x 2    varints (7 bits a byte, low first): number less that of the one before, cells
//   cells   2 m      place (uint16)
//           m        users (a byte): 0 for nobody, else 1.08 to the power of it less one
//
// Thread: immutable, any. Owns: the words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/bgp/as_graph.h"
#include "sim/net/geo.h"

namespace terrella::bgp {

struct Cell {
  int16_t latitude_cdeg = 0;  // hundredths of a degree
  int16_t longitude_cdeg = 0;
  char country[2] = {'Z', 'Z'};  // ISO 3166-1 alpha-2
  uint16_t zero = 0;
  uint32_t users = 0;

  net::Coordinates at() const { return {latitude_cdeg / 100.0, longitude_cdeg / 100.0}; }
  std::string_view country_code() const { return {country, 2}; }
};
static_assert(sizeof(Cell) == 12);

class AsFootprint {
 public:
  // Reads as_footprint.bin. DataLoss "FILE: expected ..." when it is not such a file.
  static absl::StatusOr<std::shared_ptr<const AsFootprint>> Load(const std::filesystem::path& path);
  // The bytes of such a file.
  static absl::StatusOr<std::shared_ptr<const AsFootprint>> Unpack(std::string_view bytes);
  static absl::StatusOr<std::shared_ptr<const AsFootprint>> FromWords(std::vector<uint32_t> words);

  // Empty when the AS is nowhere.
  std::span<const Cell> CellsOf(Asn asn) const;
  size_t as_count() const { return asn_.size(); }
  size_t cell_count() const { return cells_.size(); }

 private:
  AsFootprint() = default;
  absl::Status Init();
  absl::Status Check() const;

  std::vector<uint32_t> words_;
  std::span<const Asn> asn_;
  std::span<const uint32_t> begins_;
  std::span<const Cell> cells_;
};

// The words of a footprint; asn ascending, one list of cells each, none empty.
std::vector<uint32_t> FootprintWords(std::span<const Asn> asn,
                                     std::span<const std::vector<Cell>> cells);

}  // namespace terrella::bgp
