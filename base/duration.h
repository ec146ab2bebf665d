// A duration as people write it: a number and its unit.
//
// Thread: any; a pure function.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella {

// "250ms", "10s", "1.5m", "2h", "30d", "30us": never negative, and at most a year, so that a point
// in time plus a duration of somebody's is still a point in time. A number without unit is an
// error.
absl::StatusOr<Duration> ParseDuration(std::string_view text);

}  // namespace terrella
