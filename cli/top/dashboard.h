// Dashboard: traffic as a page of text, for a screen of any size.
//
//   edge.test                                        dns-1 · view 42 · 19:40:06
//     12,345 q/s  ▁▂▃▅▇█▇▅▃▂
//   codes      NOERROR 97.2 %   NXDOMAIN 2.1 %
//   ...
//   NAME                    Q/S      %   CLIENT NETWORK          Q/S      %
//
// Above, the whole in a few lines; below, four lists, two beside each other where there is room.
// No line is longer than the screen and there are never more lines than it has.
//
// Thread: pure.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "cli/top/traffic_rates.h"

namespace terrella::cli {

struct DashboardOptions {
  size_t columns = 80;
  size_t lines = 24;
  bool color = false;
  std::string time;     // "19:40:06"
  std::string trouble;  // what is wrong, in place of the routers' names; "" when nothing is
};

// `history`: queries a second of late, the newest last.
std::vector<std::string> DrawDashboard(const TrafficRates& rates, const std::deque<double>& history,
                                       const DashboardOptions& options);

// "0", "0.4", "12", "12,345", "1.23M".
std::string FormatRate(double per_s);

}  // namespace terrella::cli
