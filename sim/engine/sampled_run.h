// A sampled run: what people of a scenario would feel if nobody stood in anybody's way: every
// request is drawn by itself, goes through the same steering, network and worker's times as in a
// run by events (engine.h), and is counted, not kept.
//
// Each city is a Poisson process of its own: together they are the scenario's, though not arrival
// by arrival those of RunVirtually. So cities need neither windows nor each other, memory does not
// grow with the requests, and one costs a fraction of what it costs by events.
//
// It leaves out what requests do to each other: queues at nodes, cold isolates, kept connections.
// There are no samples, so the report has no slices of time and no failovers.
//
//   absl::StatusOr<Results> results = SampleVirtually(scenario, world, options);
#pragma once

#include <atomic>

#include "absl/status/statusor.h"
#include "sim/engine/options.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

constexpr double kSampledRequestsMax = 4e9;  // of one run, about

// InvalidArgument as RunVirtually, and for kept connections; ResourceExhausted past the limit. The
// outcome does not depend on the number of threads. `stop` ends it early: cities that were not yet
// drawn are missing, then.
absl::StatusOr<Results> SampleVirtually(const Scenario& scenario, const EngineWorld& world,
                                        EngineOptions options,
                                        const std::atomic<bool>* stop = nullptr);

}  // namespace terrella::sim
