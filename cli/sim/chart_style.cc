#include "cli/sim/chart_style.h"

#include <fmt/format.h>

#include "base/check.h"

namespace terrella::cli {

const char kChartStyle[] = R"(
:root{--page:#fff;--text:#16202a;--mute:#4d5b68;--rule:#d5dce2;--line-1:#0072b2;--line-2:#b35900;--line-3:#00795a;
--phase-1:#8e4585;--phase-2:#b35900;--phase-3:#0072b2;--phase-4:#00795a;--phase-5:#5fa8d8;
--good:#00684d;--bad:#b3261e;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--page:#11161c;--text:#eef3f7;--mute:#a9b6c2;--rule:#333d47;--line-1:#56b4e9;
--line-2:#f0a33c;--line-3:#35c99c;--phase-1:#d79ad0;--phase-2:#f0a33c;--phase-3:#3f94d1;--phase-4:#35c99c;
--phase-5:#a5d4f3;--good:#35c99c;--bad:#ff8a80}}
.chart text{font-size:12px;fill:var(--text)}.chart .grid{stroke:var(--rule)}
.chart .mark{stroke:var(--text);stroke-dasharray:3 3}
.chart .halo{paint-order:stroke;stroke:var(--page);stroke-width:3px}
)";

std::string StandaloneChart(std::string_view svg) {
  const size_t open = svg.find('>');
  CHECK(svg.starts_with("<svg ") && open != std::string_view::npos);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"system-ui, sans-serif\" {}>\n"
      "<style>{}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"var(--page)\"/>{}",
      svg.substr(5, open - 5), kChartStyle, svg.substr(open + 1));
}

}  // namespace terrella::cli
