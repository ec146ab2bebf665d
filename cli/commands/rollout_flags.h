// --rollout and --immediate of the commands that give a version requests.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/invocation.h"
#include "terrella/v1/rollout_plan.pb.h"

namespace terrella::cli {

std::vector<Flag> RolloutFlags();

// The plan that --rollout names, or `own`, which the project declares. Nothing: all at once.
// InvalidArgument is a usage error.
absl::StatusOr<std::optional<v1::RolloutPlan>> RolloutPlanOf(
    const Invocation& in, const std::optional<v1::RolloutPlan>& own);

}  // namespace terrella::cli
