// A run's report as one page of HTML that needs nothing else: what was asserted, a map of what
// cities felt, the run over time with its faults marked, the curves of felt time, tables by region
// and city.
//
// It is read without a network and without scripts (one sorts the table of cities), in light and in
// dark, with a keyboard and by a screen reader, on a telephone and on paper.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "sim/net/places.h"
#include "sim/report/report.h"

namespace terrella::cli {

struct ReportPage {
  std::string description;         // of the scenario
  std::string how;                 // "30 PoPs, in virtual time"
  bool keeps_requests = true;      // a log of the run may be had; a sampled run has none
  std::filesystem::path data_dir;  // has the map
};

// NotFound when the map's data is missing.
absl::StatusOr<std::string> ReportHtml(const sim::Report& report, const net::Places& places,
                                       const ReportPage& page);

}  // namespace terrella::cli
