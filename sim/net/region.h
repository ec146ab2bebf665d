// Continents, as people and `request.cf` name them, and regions, as networks cut the world.
//
// A region is a part of the world whose paths behave alike: its borders follow cables and peering,
// not geography, so they differ from the continents (Turkey is Middle East, Mexico is Latin
// America).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/net/geo.h"

namespace terrella::net {

enum class Continent : uint8_t {
  kAfrica,
  kAntarctica,
  kAsia,
  kEurope,
  kNorthAmerica,
  kOceania,
  kSouthAmerica
};
constexpr size_t kContinentCount = 7;

// "AF", "AN", "AS", "EU", "NA", "OC", "SA".
std::string_view ContinentCode(Continent continent);
// "Africa", ..., "North America", ...
std::string_view ContinentName(Continent continent);
std::optional<Continent> ParseContinent(std::string_view code);

enum class Region : uint8_t {
  kAfrica,        // AF
  kCis,           // CIS: Russia east of 30 E, Ukraine, Belarus, Moldova, Kazakhstan, Central Asia
  kChina,         // CN: the mainland
  kEastAsia,      // EA: the rest of Asia, with South-East Asia
  kEurope,        // EU: Eurasia west of 30 E and north of 34 N
  kLatinAmerica,  // LA: the Americas but for the next
  kMiddleEast,    // ME: with Turkey, the Caucasus and Iran
  kNorthAmerica,  // NA: USA, Canada, Greenland, Bermuda
  kOceania,       // OC
  kSouthAsia,     // SA
};
constexpr int kRegionCount = 10;

// "AF", "CIS", ...
std::string_view RegionCode(Region region);
std::optional<Region> ParseRegion(std::string_view code);

// The region of a point in a country. An unknown or empty country is classified by coordinates
// alone.
Region RegionOf(std::string_view country_iso2, const Coordinates& at);

}  // namespace terrella::net
