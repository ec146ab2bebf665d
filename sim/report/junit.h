// JUnit: a report's assertions and events as JUnit XML, which continuous integration shows as
// tests.
#pragma once

#include <string>

#include "sim/report/report.h"

namespace terrella::sim {

// One suite: a case for every assertion and every event of the timeline. A case that failed says
// what was measured; one without a baseline to compare with is skipped.
std::string ReportToJunit(const Report& report);

}  // namespace terrella::sim
