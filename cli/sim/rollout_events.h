// What rollouts did during a live run, as events of its results: the control plane remembers when.
//
// Thread: any; pure.
#pragma once

#include "base/clock.h"
#include "sim/scenario/results.h"
#include "terrella/v1/rollouts.pb.h"

namespace terrella::cli {

// Of those rollouts that began at `began`, the run's start, or later.
void AddRolloutEvents(const v1::ListRolloutsResponse& rollouts, WallTime began,
                      sim::Results& results);

}  // namespace terrella::cli
