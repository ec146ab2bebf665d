// Prefix places: a file of address prefixes whose place somebody knows better than the world's
// data, as an operator has them from measurements of their own.
//
// CSV with the header "prefix,place"; a place is what `terrella net` takes: "Lagos", "GRU", "BR" or
// "6.5,3.4" in quotes. Of prefixes inside each other the longest counts.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dns_router/policy/address_ranges.h"
#include "sim/net/places.h"

namespace terrella::dns {

// Locations are 1 + the city nearest to the place. Errors name file and line. At most a million
// prefixes, IPv6 ones no longer than /64.
absl::StatusOr<std::vector<PlacedPrefix>> ParsePrefixPlaces(std::string_view text,
                                                            std::string_view file_name,
                                                            const net::Places& places);
absl::StatusOr<std::vector<PlacedPrefix>> ReadPrefixPlaces(const std::filesystem::path& path,
                                                           const net::Places& places);

}  // namespace terrella::dns
