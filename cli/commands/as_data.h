// The AS graph as commands need it: the one a file names, the one `data import` keeps, or none.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sim/bgp/as_graph.h"

namespace terrella::cli {

// $TERRELLA_HOME/.data/as-graph.bin. No cluster's name has a dot.
absl::StatusOr<std::filesystem::path> ImportedGraphPath();

// A text of AS relationships, packed or not, or a file that `data import` wrote.
absl::StatusOr<std::shared_ptr<const bgp::AsGraph>> ReadGraph(const std::filesystem::path& path);

// "AS174", "as174" or "174".
absl::StatusOr<bgp::Asn> ParseAsn(std::string_view text);

}  // namespace terrella::cli
