// Troubles: what a scenario's timeline does to paths and resolvers, as a virtual run looks it up:
// which city and PoP are how far apart while a cable is cut, whose resolver is silent.
//
// Thread: immutable, any.
#pragma once

#include <vector>

#include "sim/engine/audience.h"
#include "sim/engine/worker_pool.h"
#include "sim/ingress/path.h"

namespace terrella::sim {

class Troubles {
 public:
  Troubles(const Scenario& scenario, const EngineWorld& world, const EngineOptions& options,
           const Audience& audience, WorkerPool& pool);

  bool none() const { return outages_.empty() && faults_.empty(); }
  bool IsResolverOut(size_t city, Duration now) const;
  // Makes the path between them, mile included, what it is now.
  void Suffer(size_t city, size_t pop, Duration now, Path& path) const;

 private:
  struct Outage {
    const TimelineEvent* event = nullptr;
    std::vector<bool> cities;  // whose resolver is out
  };
  struct Fault {
    const TimelineEvent* event = nullptr;
    // By city, then PoP: 0 when the fault is not between them; of a cut the round trip of the way
    // round, without the last mile.
    std::vector<float> detour_ms;
  };
  size_t pops_ = 0;
  std::vector<Outage> outages_;
  std::vector<Fault> faults_;
};

}  // namespace terrella::sim
