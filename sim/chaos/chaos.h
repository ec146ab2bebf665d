// Chaos: a scenario run many times in virtual time, each time with other faults and other arrivals
// by its seed, and every run held to the invariants. A seed that breaks one is shrunk.
//
//   absl::StatusOr<ChaosOutcome> outcome = RunChaos(scenario, world, engine_options, {.seeds =
//   100});
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/chaos/fault_plan.h"
#include "sim/chaos/invariants.h"
#include "sim/engine/options.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct ChaosOptions {
  uint64_t first_seed = 1;
  size_t seeds = 100;
  size_t failures_max = 3;  // then it ends; each is shrunk, which takes some dozen runs
  FaultOptions faults;
  std::function<void(size_t done)> on_progress;  // by the calling thread
  const std::atomic<bool>* stop = nullptr;
};

struct ChaosFailure {
  uint64_t seed = 0;
  std::vector<TimelineEvent> drawn, minimal;
  std::vector<Violation> violations;  // of the minimal faults
};

struct ChaosOutcome {
  size_t seeds = 0;  // that were run
  uint64_t faults = 0, requests = 0, answered = 0, failed = 0, given_up = 0;
  uint64_t rolled_back = 0;  // rollouts that the gates ended
  uint64_t kv_writes = 0, kv_reads = 0, stale_reads = 0;
  std::vector<ChaosFailure> failures;
};

// As RunVirtually fails. The engine's threads run seeds beside each other.
absl::StatusOr<ChaosOutcome> RunChaos(const Scenario& scenario, const EngineWorld& world,
                                      const EngineOptions& engine, const ChaosOptions& options);

// The scenario's file `text` with its seed replaced and the faults added to its timeline: what
// replays a failure. Whoever writes it must lay it where relative paths still lead to the workers.
std::string ReplayText(std::string_view text, const ChaosFailure& failure);

}  // namespace terrella::sim
