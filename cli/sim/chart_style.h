// How the charts of a report look: their colours in light and in dark, the same on the report's
// page and in a file of their own.
#pragma once

#include <string>
#include <string_view>

namespace terrella::cli {

// CSS: the variables --page, --text, --mute, --rule, --line-1 to -3, --phase-1 to -5, --good, --bad
// of the root, and the rules of class `chart`.
extern const char kChartStyle[];

// A chart as a file: with its style and a ground of the page's colour.
std::string StandaloneChart(std::string_view svg);

}  // namespace terrella::cli
