// A run of a scenario in the words of runs.proto: as planned, and what of its timeline is done.
// Texts are cut so that the largest scenario fits into what a control plane takes of a run.
//
// Thread: any; functions.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"
#include "terrella/v1/runs.pb.h"

namespace terrella::cli {

// What a run does something to: the cluster that is told of it, or nothing that there is.
enum class RunsOn { kCluster, kVirtualTime };

// RUNNING, under an id of its own. `how`: "30 PoPs, live". Only of a run on the cluster events have
// targets: the nodes they do something to.
v1::Run PlannedRun(const sim::Scenario& scenario, const std::string& how, RunsOn on);

// Which events of `run` are done, when they began and what went wrong.
void TellTimeline(const std::vector<sim::EventRecord>& events, v1::Run& run);
// In virtual time, where all is done when it was planned, of events before `reached`.
void TellTimelineUntil(Duration reached, v1::Run& run);

}  // namespace terrella::cli
