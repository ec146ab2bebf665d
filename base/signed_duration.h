// A duration either way, as people write it: "+90s", "-5m", "200ms", "0".
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella {

// As ParseDuration, behind a sign or none; and "0", which needs no unit.
absl::StatusOr<Duration> ParseSignedDuration(std::string_view text);

// In whole units of the largest kind that leaves nothing, at least a millisecond: "90s", "-5m",
// "200ms", "0s".
std::string SignedDurationText(Duration duration);

}  // namespace terrella
