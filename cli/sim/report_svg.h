// A report's maps and charts as files of SVG, for papers and slides: each is whole by itself.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "sim/net/places.h"
#include "sim/report/report.h"

namespace terrella::cli {

// Writes map-felt.svg, map-catchments.svg, map-moved-N.svg, felt.svg, load.svg, curves.svg and
// waterfall.svg into `folder`, which is made. `data_dir` has the map.
absl::Status WriteReportSvgs(const sim::Report& report, const net::Places& places,
                             const std::filesystem::path& data_dir,
                             const std::filesystem::path& folder);

}  // namespace terrella::cli
