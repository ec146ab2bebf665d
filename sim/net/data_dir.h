// Where the data files are: every daemon that knows the map has a `--data DIR` whose default is
// this.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"

namespace terrella::net {

// $TERRELLA_DATA when set; else the first that exists of ../../data, ../data and
// ../share/terrella/data seen from the folder of the running binary. NotFound names every place
// tried.
absl::StatusOr<std::filesystem::path> FindDataDir();

}  // namespace terrella::net
