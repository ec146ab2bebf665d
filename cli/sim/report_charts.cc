#include "cli/sim/report_charts.h"

#include <algorithm>
#include <cmath>

namespace terrella::cli {
namespace {

// Of all slices; `value` may have none.
template <class Value>
double Most(const sim::Report& report, Value value) {
  double most = 0;
  for (const sim::TimeSlice& slice : report.slices) {
    if (!std::isnan(value(slice))) most = std::max(most, value(slice));
  }
  return most;
}

template <class Value>
LineChart::Line LineOf(const sim::Report& report, const char* name, bool bad, Value value) {
  LineChart::Line line{.name = name, .points = {}, .bad = bad};
  for (const sim::TimeSlice& slice : report.slices) {
    line.points.emplace_back(slice.begin_s + report.slice_s / 2, value(slice));
  }
  return line;
}

void MarkEvents(const sim::Report& report, LineChart& chart) {
  for (const sim::EventRecord& event : report.events) {
    chart.AddMark(ToMs(event.at) / 1000, event.action);
  }
}

}  // namespace

LineChart FeltChart(const sim::Report& report) {
  const auto p50 = [](const sim::TimeSlice& slice) { return slice.p50_ms; };
  const auto p95 = [](const sim::TimeSlice& slice) { return slice.p95_ms; };
  LineChart chart("felt time over the run", {.name = "seconds", .max = report.duration_s},
                  {.name = "felt, ms", .max = RoundUp(Most(report, p95))});
  chart.AddLine(LineOf(report, "p50", false, p50));
  chart.AddLine(LineOf(report, "p95", false, p95));
  MarkEvents(report, chart);
  return chart;
}

LineChart LoadChart(const sim::Report& report) {
  const auto asked = [&](const sim::TimeSlice& slice) {
    return static_cast<double>(slice.requests) / report.slice_s;
  };
  const auto failed = [&](const sim::TimeSlice& slice) {
    return static_cast<double>(slice.errors) / report.slice_s;
  };
  LineChart chart("requests and failures over the run",
                  {.name = "seconds", .max = report.duration_s},
                  {.name = "requests/s", .max = RoundUp(Most(report, asked))});
  chart.AddLine(LineOf(report, "asked", false, asked));
  chart.AddLine(LineOf(report, "failed", true, failed));
  MarkEvents(report, chart);
  return chart;
}

LineChart CurvesChart(const sim::Report& report) {
  double curve_ms = 0;
  for (const sim::Curve& curve : report.curves) {
    if (!curve.ms.empty()) curve_ms = std::max(curve_ms, curve.ms[99]);
  }
  LineChart chart("share of answers felt within a time",
                  {.name = "felt within, ms; to p99", .max = RoundUp(curve_ms)},
                  {.name = "answers", .max = 1, .percent = true});
  for (const sim::Curve& curve : report.curves) {
    LineChart::Line line{.name = curve.name, .points = {}};
    for (size_t i = 0; i + 1 < curve.ms.size(); ++i) {
      line.points.emplace_back(curve.ms[i], static_cast<double>(i) / 100);
    }
    chart.AddLine(std::move(line));
  }
  return chart;
}

}  // namespace terrella::cli
