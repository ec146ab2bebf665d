// LineChart: lines over a common axis as SVG, with moments marked; for pages that are read in light
// and in dark. Colours come from the page's variables --line-1, --line-2, ... and --bad.
//
// Thread: one.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace terrella::cli {

class LineChart {
 public:
  struct Axis {
    std::string name;  // with its unit
    double max = 1;    // from 0
    bool percent = false;
  };
  // `title` is what a screen reader says.
  LineChart(std::string title, Axis x, Axis y);

  struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;  // by x; a y that is NaN interrupts the line
    bool bad = false;                               // in the colour of errors, filled to the axis
  };
  void AddLine(Line line) { lines_.push_back(std::move(line)); }
  // A vertical rule, such as a fault.
  void AddMark(double x, std::string text) { marks_.emplace_back(x, std::move(text)); }

  std::string ToSvg() const;

 private:
  void DrawAxes(std::string& out) const;
  void DrawLines(std::string& out) const;
  void DrawMarks(std::string& out) const;
  double X(double x) const;
  double Y(double y) const;

  const std::string title_;
  const Axis x_, y_;
  std::vector<Line> lines_;
  std::vector<std::pair<double, std::string>> marks_;
};

// The least of 1, 2, 5, 10, 20, ... that is at least `value`; 1 for what is not above 0.
double RoundUp(double value);

}  // namespace terrella::cli
