// The charts of a report that have lines: felt time and load over the run with its events marked,
// and how many felt what.
//
// Pure.
#pragma once

#include "cli/sim/line_chart.h"
#include "sim/report/report.h"

namespace terrella::cli {

LineChart FeltChart(const sim::Report& report);
LineChart LoadChart(const sim::Report& report);
LineChart CurvesChart(const sim::Report& report);

}  // namespace terrella::cli
