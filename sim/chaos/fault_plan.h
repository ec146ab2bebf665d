// Fault plans: what goes wrong in one run of chaos, drawn from a seed.
//
// Faults are events of a scenario's timeline: nodes are killed, started, drained, undrained,
// workers deployed again, all at once or in waves; where it is asked for, nodes are cut off from
// the control plane, too, and that is killed and started, or disks become slow and clocks wrong,
// and that ends. Most make sense where they stand (a dead node is started, one that serves is
// killed), one in eight does not, because operators err. They lie in the first four fifths of the
// run, in steps of a tenth of a second, so that what follows from them can be seen.
//
// Pure: the same scenario, sites, options and seed give the same plan.
#pragma once

#include <span>
#include <vector>

#include "sim/net/pops.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct FaultOptions {
  size_t faults_min = 1, faults_max = 12;  // of one plan
  size_t pops_max = 4;                     // that it touches: few, so that faults meet
  bool rollouts = false;                   // half of the deploys come in waves
  bool control = false;                    // a third are partitions and deaths of the control plane
  bool disks_and_clocks = false;           // a third of the rest are slow disks and wrong clocks
};

std::vector<TimelineEvent> DrawFaults(const Scenario& scenario, std::span<const net::PopSite> pops,
                                      uint64_t seed, const FaultOptions& options);

// The scenario with these faults beside its own timeline, under this seed.
Scenario WithFaults(const Scenario& scenario, std::span<const TimelineEvent> faults, uint64_t seed);

}  // namespace terrella::sim
