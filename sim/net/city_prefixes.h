// CityPrefixes: a city database made into a table of prefixes that PrefixTable maps.
//
// A block's place is the city of cities.csv, in the block's country, that is nearest to where the
// database puts it: places in the model are cities of 100,000. Countries without one stay without
// city. Blocks are in units of an IPv4 /24 and an IPv6 /48; a unit that is split belongs to the
// part with its first address. Neighbours of one city are joined, over gaps nobody announces too.
//
// The table (format 2; all integers little-endian):
//   0   8 bytes "TERRPFX2"
//   8   uint32 place_count, v4_count, v6_count
//   20  uint32 fingerprint of the cities it is made for
//   24  uint32 when the database was built, Unix time; uint32 zero
//   32  place_count x (2 bytes country, uint16 city or 0xffff); entry 0 is "--": no place
//       the ranges of IPv4, then those of IPv6, as city_ranges.h packs them
//
// Thread: functions of immutable arguments, any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/net/city_ranges.h"
#include "sim/net/places.h"

namespace terrella::net {

constexpr std::string_view kCityPrefixesMagic = "TERRPFX2";
constexpr size_t kCityPrefixesHeadBytes = 32;

// Changes when a city's number does.
uint32_t FingerprintOf(const Places& places);

// A table of given places, entry 0 left out, and ranges that name them by number from 1 on.
struct CityPrefixParts {
  std::vector<std::pair<std::string, uint16_t>> places;  // country, city or 0xffff
  std::vector<CityRange> v4, v6;
  uint64_t built_unix_s = 0;
};
std::string PackCityPrefixes(const CityPrefixParts& parts, const Places& places);

struct CityPrefixes {
  std::string bytes;  // of the table
  size_t places = 0, v4_ranges = 0, v6_ranges = 0;
  uint64_t built_unix_s = 0;
};
// Of the bytes of two MaxMind DBs. DataLoss when one is broken or of the other family.
absl::StatusOr<CityPrefixes> CompileCityPrefixes(std::string_view ipv4_mmdb,
                                                 std::string_view ipv6_mmdb, const Places& places);

}  // namespace terrella::net
