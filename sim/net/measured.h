// Measured: round-trip times that somebody measured between servers, kept as two files of a folder
// that the fit and its validation read too (scripts/data/rtt_sites.py):
//   cities.csv   id,name,country,lat,lon,population
//   rtt_ms.csv   src_id,dst_id,min_ms,avg_ms,max_ms,mdev_ms
//
// Thread: immutable once made, any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/net/geo.h"

namespace terrella::net {

struct MeasuredSite {
  uint32_t id = 0;
  std::string name;
  std::string country;  // ISO 3166-1 alpha-2
  Coordinates at;
};

struct MeasuredPath {
  uint32_t from = 0, to = 0;  // indices of sites; a direction
  double min_ms = 0, avg_ms = 0, max_ms = 0, mdev_ms = 0;
};

struct Measured {
  std::vector<MeasuredSite> sites;  // by rising id
  std::vector<MeasuredPath> paths;

  // Errors name file and line.
  static absl::StatusOr<Measured> Load(const std::filesystem::path& folder);
  static absl::StatusOr<Measured> Parse(std::string_view cities_csv, std::string_view rtt_csv);
  absl::Status Save(const std::filesystem::path& folder) const;

  // The steady time of a pair: the less of its directions' least. Pairs ascend.
  struct Pair {
    uint32_t a = 0, b = 0;
    double base_ms = 0;
  };
  std::vector<Pair> Pairs() const;
};

}  // namespace terrella::net
