// VirtualNetwork: a scenario's network in virtual time, before anybody asks it: the cities and how
// far they are, what becomes of its nodes, whom steering sends where, and the threads that work.
//
// Both kinds of run begin with one: by events (engine.h) and by samples (sampled_run.h).
//
// Thread: one makes it and calls AdvanceTo; between these calls world() is read by any.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "sim/engine/virtual_world.h"
#include "sim/engine/worker_pool.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

// InvalidArgument when PoPs or services are missing or too many.
absl::Status CheckOptions(const Scenario& scenario, const EngineOptions& options);

class VirtualNetwork {
 public:
  // The options are as CheckOptions wants them, their PoPs in the order of their codes.
  VirtualNetwork(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options);
  VirtualNetwork(const VirtualNetwork&) = delete;

  const VirtualWorld& world() const { return world_; }
  WorkerPool& pool() { return pool_; }
  // When what steering believes may change, or a rollout's control plane acts; the first at 0.
  const std::vector<Duration>& cuts() const { return cuts_; }
  // In order, each once. The nodes are asked where there are rollouts.
  void AdvanceTo(size_t cut, ServingNodes* nodes = nullptr);
  // The names of PoPs and versions, and the events before `stopped_at`; no request yet.
  Results NoResults(Duration stopped_at) const;

 private:
  const Moment& MomentAt(Duration at) const;

  const EngineWorld& engine_world_;
  size_t hosts_ = 0;
  const std::vector<uint16_t> host_of_kind_;
  WorkerPool pool_;
  const Audience audience_;
  const History history_;
  Releases releases_;
  Beliefs beliefs_;
  const Troubles troubles_;
  const OriginWays origin_ways_;
  const KvPlan kv_;
  const Catalogue catalogue_;
  const std::vector<Duration> belief_cuts_, cuts_;
  const VirtualWorld world_;
};

// The order in which views have PoPs; ties of distance go to the lesser code.
void SortPops(EngineOptions& options);

}  // namespace terrella::sim
