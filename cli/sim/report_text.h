// A run's report as text that fits a screen: what was asserted, what happened, regions, then
// cities.
#pragma once

#include <string>

#include "cli/app/output.h"
#include "sim/report/report.h"

namespace terrella::cli {

struct ReportTextOptions {
  size_t cities_max = 40;  // those with the most requests; the rest is counted
};

std::string ReportText(const sim::Report& report, const Output& out,
                       const ReportTextOptions& options = {});

}  // namespace terrella::cli
