// Pops: the sites a network can have, each named by the IATA code of a nearby airport, and presets
// of them from a dozen to the 308 of a large network.
//
// Presets are nested: the sites of world-12 are in world-30, those in world-100, those in
// world-308, and a count N takes the first N of the same order, so growing a network never moves a
// site. Presets of real operators (data/networks.csv: "fastly", "aws-regions") are lists of their
// own, in no order that means anything.
//
// Thread: immutable after Load, any.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
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

// The first line of countries.csv, which Places reads too.
constexpr std::string_view kCountriesHeader =
    "code,name,continent,internet_users_percent,internet_users_year,internet_users_source";

class Pops {
 public:
  // Reads pops.csv, countries.csv and networks.csv. Errors name file and line.
  static absl::StatusOr<std::shared_ptr<const Pops>> Load(const std::filesystem::path& data_dir);
  struct Files {
    std::string_view pops_csv, countries_csv;
    std::string_view networks_csv = {};  // empty: no operators
  };
  static absl::StatusOr<std::shared_ptr<const Pops>> Parse(const Files& files);

  // All sites of the nested presets, in their order.
  std::span<const PopSite> sites() const { return sites_; }
  // "world-12", "world-30", "world-100", "world-308", a count ("42"): the first N sites; or the
  // name of an operator. NotFound lists the names.
  absl::StatusOr<std::span<const PopSite>> Preset(std::string_view name) const;
  // A preset, a count, or codes divided by commas ("FRA,GRU"). The errors of Preset and Get, and
  // InvalidArgument for a code that stands there twice.
  absl::StatusOr<std::vector<PopSite>> Select(std::string_view text) const;
  std::vector<std::string> PresetNames() const;
  // By code, any case, operators' sites too; null when there is no such site.
  const PopSite* Find(std::string_view iata) const;
  // As Find, with a suggestion in the error.
  absl::StatusOr<const PopSite*> Get(std::string_view iata) const;

 private:
  struct Network {
    std::string name;
    std::vector<PopSite> sites;
  };
  using Continents = std::map<std::string, Continent, std::less<>>;
  Pops() = default;
  static absl::StatusOr<Continents> ReadContinents(std::string_view csv);
  absl::Status ReadSites(std::string_view csv, const Continents& continents);
  absl::Status ReadNetworks(std::string_view csv, const Continents& continents);

  std::vector<PopSite> sites_;
  std::vector<Network> networks_;
};

}  // namespace terrella::net
