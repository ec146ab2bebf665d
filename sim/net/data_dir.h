// Where the data files are: every daemon that knows the map has a `--data DIR` whose default is
// this.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::net {

// $TERRELLA_DATA when set; else the first that exists of ../../data, ../data and
// ../share/terrella/data seen from the folder of the running binary. NotFound names every place
// tried.
absl::StatusOr<std::filesystem::path> FindDataDir();

// Where `terrella data` keeps what people bring: $TERRELLA_HOME/.data, else ~/.terrella/.data;
// nothing when neither is known. It need not exist.
std::optional<std::filesystem::path> KeptDataDir();
// In it: the table of prefixes by city (city_prefixes.h).
constexpr std::string_view kCityPrefixesFile = "prefixes-by-city.bin";

}  // namespace terrella::net
