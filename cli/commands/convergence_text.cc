#include "cli/commands/convergence_text.h"

#include <fmt/format.h>

namespace terrella::cli {
namespace {

double Ms(uint64_t us) {
  return static_cast<double>(us) / 1000;
}

}  // namespace

std::string ArrivalText(const v1::Convergence& state) {
  if (state.acked_p50_us() == 0) return "";
  std::string text = fmt::format("half in {:.0f} ms, 99 % in {:.0f} ms", Ms(state.acked_p50_us()),
                                 Ms(state.acked_p99_us()));
  const char* separator = "; ";
  for (const v1::RegionConvergence& region : state.regions()) {
    text += fmt::format("{}{} {} in {:.0f} ms", separator, region.region(), region.reported(),
                        Ms(region.elapsed_us()));
    separator = ", ";
  }
  return text;
}

void AddArrival(const v1::Convergence& state, nlohmann::ordered_json& json) {
  using Json = nlohmann::ordered_json;
  json["acked_ms"] = nullptr;
  if (state.acked_p50_us() != 0) {
    json["acked_ms"] = {{"p50", Ms(state.acked_p50_us())}, {"p99", Ms(state.acked_p99_us())}};
  }
  Json regions = Json::array();
  for (const v1::RegionConvergence& region : state.regions()) {
    regions.push_back({{"region", region.region()},
                       {"reported", region.reported()},
                       {"total", region.total()},
                       {"ms", Ms(region.elapsed_us())}});
  }
  json["regions"] = std::move(regions);
}

}  // namespace terrella::cli
