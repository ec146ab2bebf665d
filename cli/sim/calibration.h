// Calibration: a scenario's workers measured on a real node: a cluster of one PoP that is started
// for it, asked without the world in between, and ended.
//
// Thread: one; blocks for some seconds.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/service_profile.h"

namespace terrella::cli {

struct CalibrationOptions {
  std::filesystem::path home;    // of clusters
  std::filesystem::path folder;  // where the scenario's relative paths begin
  std::string zone;
  std::function<void(const std::string& step)> on_step;
  std::function<bool()> go_on;  // asked between steps
};

// As EngineOptions::services: at the start and after each deploy of the timeline, by kind of
// request. Cancelled when it may not go on. The cluster is gone afterwards, whatever went wrong.
absl::StatusOr<std::vector<std::vector<sim::ServiceProfile>>> Calibrate(
    const sim::Scenario& scenario, const CalibrationOptions& options);

}  // namespace terrella::cli
