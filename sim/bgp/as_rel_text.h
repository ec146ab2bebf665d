// CAIDA's AS Relationships, serial-1: a text file that says who is whose provider and who peers.
//
// Lines are `<provider>|<customer>|-1` and `<peer>|<peer>|0`; those that begin with '#' are
// comments; lines may end in CR LF. A fourth field, the source that serial-2 adds, is passed over.
// The file may be packed with bzip2. Everything else is refused with file:line.
//
// Format: https://publicdata.caida.org/datasets/as-relationships/serial-1/ (README).
// The data are CAIDA's, who let nobody pass them on: people bring their own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "sim/bgp/as_graph.h"

namespace terrella::bgp {

struct AsRelLimits {
  size_t text_bytes_max = size_t{512} << 20;  // unpacked
  size_t line_bytes_max = 64 << 10;           // comments name every route server in one line
  AsGraphLimits graph;
};

// Reads a text, or one packed with bzip2 (told by its first bytes). Errors name file and line.
absl::StatusOr<std::shared_ptr<const AsGraph>> ReadAsRel(const std::filesystem::path& path,
                                                         const AsRelLimits& limits = {});

// `name` stands for the file in errors.
absl::StatusOr<std::shared_ptr<const AsGraph>> ParseAsRel(std::string_view text,
                                                          std::string_view name,
                                                          const AsRelLimits& limits = {});

}  // namespace terrella::bgp
