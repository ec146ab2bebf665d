// AsFootprint: where on Earth each AS has people, by AS number.
//
// as_footprint.bin, 32-bit little-endian words:
//   head    8 words: "TERRAFP1" (2), ASes n, cells m, 4 zeros
//   asn     n        ascending
//   begins  n + 1    where each AS's cells begin; every AS has at least one
//   cells   3 m      latitude and longitude in hundredths of a degree (int16 each, latitude low);
//                    country as two capitals in the low half; internet users there
// The cells of an AS are in any order; one may stand for a city or for a square of a grid.
//
// Thread: immutable, any. Owns: the bytes or the mapping.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mapped_file.h"
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
  // Maps a file that Save wrote. DataLoss "FILE: expected ..." when it is not such a file.
  static absl::StatusOr<std::shared_ptr<const AsFootprint>> Load(const std::filesystem::path& path);
  static absl::StatusOr<std::shared_ptr<const AsFootprint>> FromWords(std::vector<uint32_t> words);
  absl::Status Save(const std::filesystem::path& path) const;

  // Empty when the AS is nowhere.
  std::span<const Cell> CellsOf(Asn asn) const;
  size_t as_count() const { return asn_.size(); }
  size_t cell_count() const { return cells_.size(); }

 private:
  AsFootprint() = default;
  absl::Status Init(std::span<const uint32_t> words);
  absl::Status Check() const;

  std::unique_ptr<const MappedFile> mapping_;  // or owned_
  std::vector<uint32_t> owned_;
  std::span<const uint32_t> words_;
  std::span<const Asn> asn_;
  std::span<const uint32_t> begins_;
  std::span<const Cell> cells_;
};

// The words of a footprint; asn ascending, one list of cells each, none empty.
std::vector<uint32_t> FootprintWords(std::span<const Asn> asn,
                                     std::span<const std::vector<Cell>> cells);

}  // namespace terrella::bgp
