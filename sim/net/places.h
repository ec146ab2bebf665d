// Places: the cities of the world with at least 100,000 people, and what a person may mean by a
// name.
//
// A lookup forgives case, accents and punctuation, and takes "city", "city, country", an IATA code,
// a country (its most populous city) or "latitude,longitude". When several cities share a name the
// most populous is meant.
//
// Thread: immutable after Load, any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/net/geo.h"
#include "sim/net/pops.h"
#include "sim/net/region.h"

namespace terrella::net {

// Index of a city in data/cities.csv, which never changes within one version of the file.
using CityId = uint32_t;

struct City {
  std::string name;     // "São Paulo"
  std::string country;  // ISO 3166-1 alpha-2
  Continent continent = Continent::kAfrica;
  Coordinates at;
  uint32_t population = 0;  // of the city proper
  uint32_t users = 0;       // of the Internet: population x the country's share, at least 1
};

struct Country {
  std::string code;  // ISO 3166-1 alpha-2
  std::string name;
  Continent continent = Continent::kAfrica;
  double internet_users_percent = 0;   // of its people
  std::optional<CityId> largest_city;  // none when it has no city of 100,000
};

// A point people can be at. `city` is the nearest city: the one whose address block stands for it.
struct Place {
  std::string name;  // of the city, or of the site's city, or "lat,lon" far from any city
  std::string country;
  Continent continent = Continent::kAfrica;
  Coordinates at;
  CityId city = 0;
};

class Places {
 public:
  // Reads cities.csv, countries.csv, aliases.csv, pops.csv and networks.csv. Errors name file and
  // line.
  static absl::StatusOr<std::shared_ptr<const Places>> Load(const std::filesystem::path& data_dir);
  struct Files {
    std::string_view cities_csv, countries_csv, aliases_csv, pops_csv;
    std::string_view networks_csv = {};  // empty: no operators
  };
  static absl::StatusOr<std::shared_ptr<const Places>> Parse(const Files& files);

  std::span<const City> cities() const { return cities_; }
  std::span<const Country> countries() const { return countries_; }  // by code
  const Country* FindCountry(std::string_view code) const;  // upper case; null when unknown
  const Pops& pops() const { return *pops_; }
  std::shared_ptr<const Pops> shared_pops() const { return pops_; }

  // NotFound "no place called 'Lagoss': did you mean Lagos?"; InvalidArgument for coordinates off
  // the globe and texts over 128 bytes.
  absl::StatusOr<Place> Find(std::string_view text) const;
  Place PlaceOf(CityId city) const;
  // The place at a point, named after its nearest city when that is within 100 km.
  Place PlaceAt(const Coordinates& at) const;
  // The city at the least distance.
  CityId NearestCity(const Coordinates& at) const;

 private:
  Places() = default;
  struct Key {
    std::string folded;
    bool alias;
    CityId city;
    // Names of cities before aliases, then by CityId, which falls with population.
    auto operator<=>(const Key&) const = default;
  };
  absl::Status ReadCountries(std::string_view csv);
  absl::Status ReadCities(std::string_view csv);
  absl::Status ReadAliases(std::string_view csv);
  void SortByLatitude();
  std::optional<CityId> FindCity(std::string_view folded, std::string_view country) const;
  std::optional<CityId> FindCityLoosely(std::string_view folded, std::string_view country) const;
  const Country* FindCountryByText(std::string_view text, std::string_view folded) const;
  Place PlaceOfSite(const PopSite& site) const;
  absl::Status NoSuchPlace(std::string_view text, std::string_view folded) const;

  std::vector<City> cities_;
  std::vector<Country> countries_;
  std::vector<Key> index_;           // sorted
  std::vector<CityId> by_latitude_;  // for NearestCity
  std::shared_ptr<const Pops> pops_;
};

// A name reduced to lower-case words with one space between: accents and apostrophes off, other
// punctuation a space ("São-Paulo" -> "sao paulo", "Łódź" -> "lodz"). Letters outside Latin stay as
// they are.
std::string FoldName(std::string_view utf8);

}  // namespace terrella::net
