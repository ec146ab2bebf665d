// DeclaredServices: what workers need by what a scenario says, where nothing is measured
// (--declared).
//
// Pure.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/service_profile.h"

namespace terrella::cli {

// As EngineOptions::services: at first and after each deploy of the timeline, by kind of request.
// FailedPrecondition names the request that nothing is declared for, or nothing for its origins'
// failures, though they may fail.
absl::StatusOr<std::vector<std::vector<sim::ServiceProfile>>> DeclaredServices(
    const sim::Scenario& scenario);

}  // namespace terrella::cli
