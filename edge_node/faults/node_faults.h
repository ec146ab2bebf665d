// NodeFaults: what an operator can make wrong with a running node: its disk slow, its clock skewed.
//
// One a process, made by main and outliving all that reads it. A node that is started again has
// neither fault.
//
// Thread: any.
#pragma once

#include "edge_node/faults/disk_pace.h"
#include "edge_node/faults/skewed_clock.h"

namespace terrella::edge {

struct NodeFaults {
  DiskPace disk;
  SkewedClock clock;
};

}  // namespace terrella::edge
