// Schedules as people read them: when a version's scheduled() runs.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::cli {

// A line an expression: "*/5 * * * * UTC, next 2026-11-27 01:20:00". The moment is local time, as
// everything that is printed.
std::vector<std::string> ScheduleLines(const v1::Version& version, WallTime now);

}  // namespace terrella::cli
