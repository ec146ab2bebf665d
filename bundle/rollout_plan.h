// How a new version is to come to the network, as people write it: in the [rollout] table of a
// terrella.toml, or in a file of its own without the table's name.
//
//   [rollout]
//   bake = "60s"                 # of every wave that names none
//   [[rollout.waves]]            # default: those of "safe"
//   place = "canary"             # one PoP with traffic; "region": its continent; "all"; or "FRA",
//   percent = 5                  # "EU", "FRA,EU"
//   bake = "30s"
//   [rollout.gates]
//   error_rate_excess_percent = 1   p99_ratio = 1.5   p99_floor_ms = 5   requests_min = 100
//   false_alarm = 0.001   when_quiet = "hold"
//
// The last wave is always all places with all requests; it is added when it is not written.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/config.h"
#include "terrella/v1/rollout_plan.pb.h"

namespace terrella::bundle {

inline constexpr size_t kWavesMax = 16;

// canary 5 %, region 25 %, all 50 %, all 100 %; a minute each.
v1::RolloutPlan SafePlan();

// Errors are the file's.
v1::RolloutPlan ReadRolloutPlan(ConfigTable& table);
// InvalidArgument with "file:line:column: what was expected".
absl::StatusOr<v1::RolloutPlan> ParseRolloutPlan(std::string_view text, std::string_view file_name);

// A file that ParseRolloutPlan reads as this plan, as exactly as its units allow. `prefix`: of the
// tables' names, as in "rollout.", where it is a part of a larger file.
std::string RolloutPlanText(const v1::RolloutPlan& plan, std::string_view prefix = "");

// InvalidArgument unless the plan ends with everything, no share goes back, every wave but the last
// leaves the old version something to be compared with, and the gates' numbers are sensible.
absl::Status CheckRolloutPlan(const v1::RolloutPlan& plan);

}  // namespace terrella::bundle
