// A catchment as a map: people of each hub in the colours of the sites that they reach, sites by
// the users they get, and, of a change, who moves.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "cli/commands/anycast.h"
#include "sim/bgp/catchment.h"

namespace terrella::cli {

// Writes SVG. `before` is null when nothing changed.
absl::Status WriteCatchmentMap(const std::filesystem::path& file, const Anycast& anycast,
                               const bgp::Catchment* before, const bgp::Catchment& now);

}  // namespace terrella::cli
