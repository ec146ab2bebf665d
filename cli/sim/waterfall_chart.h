// The typical requests of a report: a bar each, cut into the phases of its time, as SVG; the same
// as a table of HTML.
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "sim/report/typical.h"

namespace terrella::cli {

// With the class `chart` and the colours of chart_style.h.
std::string WaterfallSvg(const std::vector<sim::Typical>& typical);
std::string WaterfallTable(const std::vector<sim::Typical>& typical);

}  // namespace terrella::cli
