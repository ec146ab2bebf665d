// Pops: the sites a network can have, each named by the IATA code of a nearby airport, and presets
// of them from a dozen to the 308 of a large network.
//
// Presets are nested: the sites of world-12 are in world-30, those in world-100, those in
// world-308, and a count N takes the first N of the same order, so growing a network never moves a
// site.
//
// Thread: immutable after Load, any.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/net/geo.h"
#include "sim/net/region.h"

namespace terrella::net {

struct PopSite {
  std::string iata;     // "FRA"
  std::string city;     // "Frankfurt"
  std::string country;  // ISO 3166-1 alpha-2
  Continent continent = Continent::kAfrica;
  Coordinates at;  // of the airport
};

class Pops {
 public:
  // Reads pops.csv and countries.csv. Errors name file and line.
  static absl::StatusOr<std::shared_ptr<const Pops>> Load(const std::filesystem::path& data_dir);
  static absl::StatusOr<std::shared_ptr<const Pops>> Parse(std::string_view pops_csv,
                                                           std::string_view countries_csv);

  // All sites in the order of the presets.
  std::span<const PopSite> sites() const { return sites_; }
  // "world-12", "world-30", "world-100", "world-308", or a count ("42"): the first N sites.
  absl::StatusOr<std::span<const PopSite>> Preset(std::string_view name) const;
  // By code, any case; null when there is no such site.
  const PopSite* Find(std::string_view iata) const;
  // As Find, with a suggestion in the error.
  absl::StatusOr<const PopSite*> Get(std::string_view iata) const;

 private:
  Pops() = default;
  std::vector<PopSite> sites_;
};

}  // namespace terrella::net
