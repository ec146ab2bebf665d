// --shards of `up` and `dev`: how many threads a node serves with, as edge_node takes it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/app/arguments.h"
#include "cli/app/command.h"

namespace terrella::cli {

Flag ShardsFlag();
// "4" or "1..4", one text for what is the same; `otherwise` when the flag was not given.
// InvalidArgument is what edge_node would say, before anything is started.
absl::StatusOr<std::string> ReadShards(const Arguments& args, std::string otherwise);

}  // namespace terrella::cli
