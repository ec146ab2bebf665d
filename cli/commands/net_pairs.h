// The path times of a table of pairs, for people with measurements of their own.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sim/net/latency_model.h"

namespace terrella::cli {

// `csv` has the header "lat1,lon1,country1,lat2,lon2,country2" and a pair a row: degrees, and ISO
// 3166-1 alpha-2 codes or nothing. Comes back with `predicted_rtt_ms` appended, in the same order:
// the base round-trip time between two servers there, without last mile and jitter. Line ends may
// be CR LF. Errors name `file` and line; one bad row refuses the table.
absl::StatusOr<std::string> PredictPairs(std::string_view csv, std::string_view file,
                                         const net::LatencyModel& model);

// The same as a JSON array of objects, one a pair.
absl::StatusOr<std::string> PredictPairsJson(std::string_view csv, std::string_view file,
                                             const net::LatencyModel& model);

}  // namespace terrella::cli
