// PopOrder: sites in the order in which a network that grows should build them for a scenario's
// people: each next one is the site that brings most of them within a round trip.
//
// Greedy: of all sets of a size the best one is not looked for (that is NP-hard); a greedy one
// covers at least 63 % of what the best covers (Nemhauser, Wolsey, Fisher 1978).
//
// Pure.
#pragma once

#include <span>
#include <vector>

#include "sim/engine/options.h"
#include "sim/net/pops.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

// All of `sites`. People within `rtt_ms` of one, their last mile included, need no other; among
// sites that bring nobody within it, the one that shortens most ways comes first.
std::vector<net::PopSite> OrderByGain(std::span<const net::PopSite> sites,
                                      const sim::Scenario& scenario, const sim::EngineWorld& world,
                                      double rtt_ms);

}  // namespace terrella::cli
