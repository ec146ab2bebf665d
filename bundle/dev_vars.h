// DevVars: the variables of a .dev.vars or .env file, which stand in for secrets while developing.
//
// A line is NAME=value, with `export` before it if need be. A value may stand in quotes: '...' and
// `...` are taken as they are, in "..." \n and \r are line ends and \" is a quote; quoted values
// may have several lines. Outside of quotes a value ends at '#' or the line's end, without the
// space around it.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::bundle {

using DevVars = std::vector<std::pair<std::string, std::string>>;

// In the order of the file; of a name that is given twice, the last. InvalidArgument with
// "file:line:column: what was expected".
absl::StatusOr<DevVars> ParseDevVars(std::string_view text, std::string_view file_name);

}  // namespace terrella::bundle
