#include "cli/sim/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/markup.h"

namespace terrella::cli {
namespace {

constexpr double kWidthPx = 540, kHeightPx = 240;
constexpr double kLeftPx = 56, kRightPx = 14, kTopPx = 34, kBottomPx = 40;
constexpr double kLetterPx = 8;  // of the largest text a page gives a chart

std::string Number(double value, bool percent) {
  return percent ? fmt::format("{:g} %", 100 * value) : fmt::format("{:g}", value);
}

}  // namespace

double RoundUp(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * power * (1 + 1e-9)) return step * power;
  }
  return 10 * power;
}

LineChart::LineChart(std::string title, Axis x, Axis y)
    : title_(std::move(title)), x_(std::move(x)), y_(std::move(y)) {}

double LineChart::X(double x) const {
  return kLeftPx + std::clamp(x / x_.max, 0.0, 1.0) * (kWidthPx - kLeftPx - kRightPx);
}
double LineChart::Y(double y) const {
  return kHeightPx - kBottomPx -
         std::clamp(y / y_.max, 0.0, 1.0) * (kHeightPx - kTopPx - kBottomPx);
}

void LineChart::DrawAxes(std::string& out) const {
  const double y_step = RoundUp(y_.max / 6), x_step = RoundUp(x_.max / 6);
  for (int i = 0; i * y_step <= y_.max * (1 + 1e-9); ++i) {
    const double y = i * y_step;
    out += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/><text x=\"{}\" "
        "y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        kLeftPx, kWidthPx - kRightPx, Y(y), Y(y), kLeftPx - 6, Y(y) + 4, Number(y, y_.percent));
  }
  for (int i = 0; i * x_step <= x_.max * (1 + 1e-9); ++i) {
    const double x = i * x_step;
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", X(x),
                       kHeightPx - kBottomPx + 16, Number(x, x_.percent));
  }
  out += fmt::format(
      "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n<text x=\"4\" y=\"14\">{}</text>\n",
      kWidthPx - kRightPx, kHeightPx - 6, EscapeMarkup(x_.name), EscapeMarkup(y_.name));
}

void LineChart::DrawLines(std::string& out) const {
  double legend_x = kLeftPx + 110;
  int color = 0;
  for (const Line& line : lines_) {
    const std::string paint = line.bad ? "var(--bad)" : fmt::format("var(--line-{})", ++color);
    std::string path, area;
    bool down = false;
    for (const auto& [x, y] : line.points) {
      if (std::isnan(y)) {
        down = false;
        continue;
      }
      path += fmt::format("{}{:.1f} {:.1f}", down ? "L" : "M", X(x), Y(y));
      down = true;
    }
    if (line.bad && !line.points.empty()) {
      area = fmt::format("M{:.1f} {:.1f}", X(line.points.front().first), Y(0));
      for (const auto& [x, y] : line.points) {
        area += fmt::format("L{:.1f} {:.1f}", X(x), Y(std::isnan(y) ? 0 : y));
      }
      area += fmt::format("L{:.1f} {:.1f}Z", X(line.points.back().first), Y(0));
      out += fmt::format("<path d=\"{}\" fill=\"{}\" opacity=\".25\"/>\n", area, paint);
    }
    out += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
        "stroke-linejoin=\"round\"/>\n",
        path, paint);
    out += fmt::format(
        "<line x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"10\" y2=\"10\" stroke=\"{}\" "
        "stroke-width=\"3\"/><text x=\"{:.0f}\" y=\"14\">{}</text>\n",
        legend_x, legend_x + 18, paint, legend_x + 23, EscapeMarkup(line.name));
    legend_x += 45 + kLetterPx * static_cast<double>(line.name.size());
  }
}

void LineChart::DrawMarks(std::string& out) const {
  constexpr int kRows = 3;
  double free_from[kRows] = {};
  for (const auto& [at, text] : marks_) {
    const double x = X(at), width = kLetterPx * static_cast<double>(text.size());
    const bool left = x + 4 + width > kWidthPx - kRightPx;
    const double begin = left ? x - 4 - width : x + 4;
    int row = 0;
    while (row < kRows && begin < free_from[row]) ++row;
    out +=
        fmt::format("<line class=\"mark\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n",
                    x, kTopPx - 6, kHeightPx - kBottomPx);
    // One without room for its name is a rule only: names on names say nothing.
    if (row == kRows) continue;
    out += fmt::format("<text class=\"halo\" x=\"{:.1f}\" y=\"{}\"{}>{}</text>\n",
                       left ? x - 4 : x + 4, kTopPx + 4 + 16 * row,
                       left ? " text-anchor=\"end\"" : "", EscapeMarkup(text));
    free_from[row] = begin + width + 6;
  }
}

std::string LineChart::ToSvg() const {
  std::string out =
      fmt::format("<svg class=\"chart\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\">\n",
                  EscapeMarkup(title_), kWidthPx, kHeightPx);
  DrawAxes(out);
  DrawLines(out);
  DrawMarks(out);
  return out + "</svg>\n";
}

}  // namespace terrella::cli
