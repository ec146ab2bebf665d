// VirtualWorld: what the cities and nodes of one virtual run share.
//
// Thread: a value of references; what they lead to changes only between the phases of a window
// (engine.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/engine/audience.h"
#include "sim/engine/beliefs.h"
#include "sim/engine/history.h"
#include "sim/engine/kv_plan.h"
#include "sim/engine/releases.h"
#include "sim/engine/troubles.h"
#include "sim/engine/virtual_origins.h"
#include "sim/scenario/catalogue.h"

namespace terrella::sim {

struct VirtualWorld {
  const Scenario& scenario;
  const EngineOptions& options;
  const Audience& audience;
  const History& history;
  const Releases& releases;
  const Beliefs& beliefs;
  const Troubles& troubles;
  const OriginWays& origin_ways;
  const KvPlan& kv;
  const Catalogue& catalogue;
  const std::vector<uint16_t>& host_of_kind;  // numbers of the requests' hosts, below `hosts`
  size_t hosts = 0;
};

}  // namespace terrella::sim
