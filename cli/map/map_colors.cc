#include <array>
#include <limits>

#include <fmt/format.h>

#include "cli/map/world_map.h"

namespace terrella::cli {
namespace {

// Okabe and Ito's colours for the colour-blind, without black and yellow, which a page may swallow.
constexpr std::array<std::string_view, 6> kSiteColors = {"#0072b2", "#e69f00", "#009e73",
                                                         "#cc79a7", "#d55e00", "#56b4e9"};

struct RttStep {
  double below_ms;
  std::string_view color;
};
// From blue to red by way of pale tones: ColorBrewer's RdBu, safe for the colour-blind.
constexpr std::array<RttStep, 7> kRttSteps = {
    {{10, "#2166ac"},
     {20, "#4393c3"},
     {40, "#92c5de"},
     {70, "#f4a582"},
     {110, "#e0775f"},
     {170, "#c8374a"},
     {std::numeric_limits<double>::infinity(), "#8e1038"}}};

}  // namespace

std::vector<std::string> SiteColors(std::span<const net::Coordinates> sites) {
  std::vector<std::string> out;
  std::vector<size_t> chosen;
  for (size_t site = 0; site < sites.size(); ++site) {
    std::array<double, kSiteColors.size()> nearest_km;
    nearest_km.fill(std::numeric_limits<double>::infinity());
    for (size_t other = 0; other < site; ++other) {
      double& km = nearest_km[chosen[other]];
      km = std::min(km, net::GreatCircleKm(sites[site], sites[other]));
    }
    size_t best = 0;
    for (size_t color = 1; color < kSiteColors.size(); ++color) {
      if (nearest_km[color] > nearest_km[best]) best = color;
    }
    chosen.push_back(best);
    out.emplace_back(kSiteColors[best]);
  }
  return out;
}

std::string_view RttColor(double rtt_ms) {
  for (const RttStep& step : kRttSteps) {
    if (rtt_ms < step.below_ms) return step.color;
  }
  return kRttSteps.back().color;
}

std::vector<std::pair<std::string, std::string>> RttLegend() {
  std::vector<std::pair<std::string, std::string>> out;
  double from_ms = 0;
  for (const RttStep& step : kRttSteps) {
    const bool last = &step == &kRttSteps.back();
    out.emplace_back(step.color, last ? fmt::format("{:.0f} ms and more", from_ms)
                                      : fmt::format("{:.0f} to {:.0f} ms", from_ms, step.below_ms));
    from_ms = step.below_ms;
  }
  return out;
}

}  // namespace terrella::cli
