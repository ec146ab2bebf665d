#include "cli/sim/waterfall_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/markup.h"
#include "cli/sim/line_chart.h"

namespace terrella::cli {
namespace {

constexpr double kWidthPx = 540, kLeftPx = 4, kRightPx = 16;
constexpr double kTopPx = 46, kRowPx = 40, kBarPx = 14, kBottomPx = 40;
constexpr double kLegendColumnPx = 178;

struct PhaseColumn {
  const char* name;
  float sim::Phases::*ms;
};
constexpr std::array<PhaseColumn, 5> kPhases = {{{"DNS", &sim::Phases::dns_ms},
                                                 {"connect", &sim::Phases::connect_ms},
                                                 {"way to the node", &sim::Phases::request_ms},
                                                 {"node", &sim::Phases::node_ms},
                                                 {"way back", &sim::Phases::answer_ms}}};

std::string Who(const sim::Typical& request) {
  return fmt::format("{}, by {}", request.region, sim::SteeringName(request.steering));
}

void DrawLegend(std::string& out) {
  for (size_t i = 0; i < kPhases.size(); ++i) {
    const double x = kLeftPx + kLegendColumnPx * static_cast<double>(i % 3);
    const double y = 14 + 18 * static_cast<double>(i / 3);
    out += fmt::format(
        "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"12\" height=\"12\" fill=\"var(--phase-{})\"/>"
        "<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n",
        x, y - 10, i + 1, x + 18, y, kPhases[i].name);
  }
}

void DrawRow(std::string& out, const sim::Typical& request, double y, double px_per_ms) {
  out += fmt::format("<text x=\"{}\" y=\"{:.0f}\">{}: {} to {}, {:.0f} ms</text>\n", kLeftPx,
                     y + 12, EscapeMarkup(Who(request)), EscapeMarkup(request.city),
                     EscapeMarkup(request.pop), request.felt_ms);
  double x = kLeftPx;
  for (size_t i = 0; i < kPhases.size(); ++i) {
    const double width = request.phases.*kPhases[i].ms * px_per_ms;
    if (width > 0) {
      out += fmt::format(
          "<rect x=\"{:.2f}\" y=\"{:.0f}\" width=\"{:.2f}\" height=\"{}\" "
          "fill=\"var(--phase-{})\"/>\n",
          x, y + 17, width, kBarPx, i + 1);
    }
    x += width;
  }
}

}  // namespace

std::string WaterfallSvg(const std::vector<sim::Typical>& typical) {
  double most_ms = 0;
  for (const sim::Typical& request : typical) most_ms = std::max(most_ms, request.felt_ms);
  const double end_ms = RoundUp(most_ms / 5) * 5 >= most_ms ? RoundUp(most_ms / 5) * 5 : most_ms;
  const double px_per_ms = (kWidthPx - kLeftPx - kRightPx) / end_ms;
  const double bottom = kTopPx + kRowPx * static_cast<double>(typical.size());
  std::string out = fmt::format(
      "<svg class=\"chart\" role=\"img\" aria-label=\"where the time of a typical request went, by "
      "region; the table below has the figures\" viewBox=\"0 0 {} {:.0f}\">\n",
      kWidthPx, bottom + kBottomPx);
  for (int i = 0; i <= 5; ++i) {
    const double x = kLeftPx + i * end_ms / 5 * px_per_ms;
    const char* anchor = i == 0 ? "start" : i == 5 ? "end" : "middle";
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2:.0f}\"/><text "
        "x=\"{0:.1f}\" y=\"{3:.0f}\" text-anchor=\"{4}\">{5:g}</text>\n",
        x, kTopPx, bottom, bottom + 16, anchor, i * end_ms / 5);
  }
  out += fmt::format("<text x=\"{}\" y=\"{:.0f}\" text-anchor=\"end\">ms since it was due</text>\n",
                     kWidthPx - kRightPx, bottom + 34);
  DrawLegend(out);
  double y = kTopPx;
  for (const sim::Typical& request : typical) {
    DrawRow(out, request, y, px_per_ms);
    y += kRowPx;
  }
  return out + "</svg>\n";
}

std::string WaterfallTable(const std::vector<sim::Typical>& typical) {
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Typical requests\"><table>"
      "<caption>Typical requests, in ms</caption><thead><tr><th scope=\"col\">region</th>";
  for (const PhaseColumn& phase : kPhases)
    out += fmt::format("<th scope=\"col\">{}</th>", phase.name);
  out +=
      "<th scope=\"col\">felt</th><th scope=\"col\">due, s</th><th scope=\"col\">who</th></tr>"
      "</thead><tbody>\n";
  for (const sim::Typical& request : typical) {
    out += fmt::format("<tr><th scope=\"row\">{}</th>", EscapeMarkup(Who(request)));
    for (const PhaseColumn& phase : kPhases) {
      out += fmt::format("<td>{:.1f}</td>", request.phases.*phase.ms);
    }
    out += fmt::format("<td>{:.1f}</td><td>{:.3f}</td><td>{}, {} to {}</td></tr>\n",
                       request.felt_ms, request.due_s, EscapeMarkup(request.city),
                       EscapeMarkup(request.country), EscapeMarkup(request.pop));
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace terrella::cli
