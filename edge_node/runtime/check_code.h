// CheckCode: compiles the code and runs its global scope in a scratch isolate under its limits:
// what a node does before it acknowledges a version.
//
// It blocks the calling thread for at most the start-up budget of CPU time (plus garbage
// collection), which is any amount of real time on a machine that is short of cores. `stop` ends it
// early, from any thread.
//
// Thread: any; not two checks of one thread at once.
#pragma once

#include <stop_token>

#include "absl/status/status.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::runtime {

// InvalidArgument names the place: "index.js:3:7: SyntaxError: ..."; DeadlineExceeded and
// ResourceExhausted are the start-up limits; Cancelled: it was told to stop.
absl::Status CheckCode(Engine& engine, const WorkerCode& code, std::stop_token stop = {});

}  // namespace terrella::runtime
