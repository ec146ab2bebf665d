// Engine: a scenario in virtual time: nobody waits, and every request goes through the models and
// the policy code of the live network.
//
// Requests only go forward: a city sends them (virtual_city.h), a node answers (virtual_node.h),
// and nothing a node does changes what a city does next. So there is no queue of events: time is
// cut into windows, and in each all cities go first, one beside the other, then all nodes, which
// sort what has come in. Windows end where steering changes its mind, and where a rollout's control
// plane hears of what was served and decides (releases.h). The outcome does not depend on the
// number of threads.
//
// With pages it is otherwise: what people get makes them ask for more. Then all nodes go on
// together, on one thread (virtual_pages.h).
//
// It leaves out what one machine adds to a live run: processes that share processors.
//
//   absl::StatusOr<Results> results = RunVirtually(scenario, world, options);
#pragma once

#include <atomic>

#include "absl/status/statusor.h"
#include "sim/engine/options.h"
#include "sim/engine/progress.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct EngineLimits {
  size_t requests_max = 50'000'000;  // of one run; about; a sample takes 32 bytes
};

// InvalidArgument when PoPs or services are missing or too many, ResourceExhausted past the limits.
// Thread: any; it starts its own. `stop` ends it early with the requests and
// events until then. `progress`, when not null, is told how far it got.
absl::StatusOr<Results> RunVirtually(const Scenario& scenario, const EngineWorld& world,
                                     EngineOptions options, const std::atomic<bool>* stop = nullptr,
                                     const EngineLimits& limits = {},
                                     EngineProgress* progress = nullptr);

}  // namespace terrella::sim
