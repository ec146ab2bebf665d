#include "cli/sim/report_svg.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/status.h"
#include "cli/sim/chart_style.h"
#include "cli/sim/report_charts.h"
#include "cli/sim/report_map.h"
#include "cli/sim/waterfall_chart.h"

namespace terrella::cli {
namespace {

absl::StatusOr<std::string> MapSvg(const ReportMap& views, size_t index, const std::string& title,
                                   const std::filesystem::path& data_dir) {
  ASSIGN_OR_RETURN(WorldMap map, WorldMap::Load(data_dir));
  const ReportMap::View& view = views.views()[index];
  map.SetTitle(fmt::format("{}: {}", title, view.name), view.caption);
  for (const auto& [color, text] : view.legend) map.AddLegend(color, text);
  views.Draw(index, true, map);
  return map.ToSvg();
}

}  // namespace

absl::Status WriteReportSvgs(const sim::Report& report, const net::Places& places,
                             const std::filesystem::path& data_dir,
                             const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition("{}: {}", folder.string(), error.message());
  const ReportMap views(report, places);
  for (size_t i = 0; i < views.views().size(); ++i) {
    ASSIGN_OR_RETURN(const std::string svg, MapSvg(views, i, report.name, data_dir));
    RETURN_IF_ERROR(
        WriteFileAtomic(folder / fmt::format("map-{}.svg", views.views()[i].file), svg));
  }
  const std::pair<const char*, std::string> charts[] = {
      {"felt.svg", FeltChart(report).ToSvg()},
      {"load.svg", LoadChart(report).ToSvg()},
      {"curves.svg", CurvesChart(report).ToSvg()},
      {"waterfall.svg", WaterfallSvg(report.typical)}};
  for (const auto& [name, svg] : charts) {
    RETURN_IF_ERROR(WriteFileAtomic(folder / name, StandaloneChart(svg)));
  }
  return absl::OkStatus();
}

}  // namespace terrella::cli
