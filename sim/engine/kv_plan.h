// KvPlan: who asks for which keys of KV in a virtual run, and how far each node is from where KV is
// kept: the site that a live cluster takes for it.
//
// Thread: immutable, any.
#pragma once

#include <vector>

#include "sim/engine/options.h"
#include "sim/scenario/kv_asks.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

class KvPlan {
 public:
  KvPlan(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options);

  bool any() const { return asks_.any(); }
  bool Has(size_t kind) const { return asks_.any() && workloads_[kind].has_value(); }
  // Of a kind that has a workload.
  Duration CacheTtl(size_t kind) const { return workloads_[kind]->cache_ttl; }
  const KvAsks& asks() const { return asks_; }
  Duration RttOf(size_t pop) const { return rtts_[pop]; }
  bool acks_early() const { return acks_early_; }  // as ClusterTimes has it

 private:
  const KvAsks asks_;
  std::vector<std::optional<KvWorkload>> workloads_;  // by kind
  std::vector<Duration> rtts_;                        // by PoP; empty when nobody asks
  const bool acks_early_;
};

}  // namespace terrella::sim
