// What the ways to run a scenario share: reading it, and telling what came of it.
#pragma once

#include "cli/commands/invocation.h"
#include "cli/commands/run_feed.h"
#include "cli/commands/world.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

// The file that FILE names.
absl::StatusOr<sim::Scenario> ReadScenario(const Invocation& in, const World& world,
                                           std::string_view zone);
// A missing file is a failure, a scenario that is wrong a usage error.
ExitCode FailReading(Invocation& in, const absl::Status& status);
// Prints and writes the report; kFailed when an assertion does not hold. `how` says what it was run
// on: "30 PoPs, in virtual time". `feed`, when not null, is told, too.
ExitCode ReportResults(Invocation& in, const sim::Scenario& scenario, const sim::Results& results,
                       const std::string& how, bool interrupted, RunFeed* feed = nullptr);
// `sim run --virtual`.
ExitCode RunVirtualScenario(Invocation& in);

}  // namespace terrella::cli
