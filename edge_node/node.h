// Node: a serving edge node: shards in front, the control thread behind them.
//
//   Start: disk -> shards listen -> ready file -> control thread connects
//   signal: announce draining -> shards drain -> stop
//
// Thread: main.
#pragma once

#include "absl/status/status.h"
#include "base/event_loop.h"
#include "edge_node/faults/node_faults.h"
#include "edge_node/options.h"
#include "edge_node/prepare.h"
#include "edge_node/runtime/engine.h"

namespace terrella::edge {

// Serves until SIGTERM or SIGINT, then drains. `faults` are those that the engine's clock is of.
// InvalidArgument: the worker given with --worker is refused.
absl::Status RunNode(runtime::Engine& engine, EventLoop& loop, NodeFaults& faults,
                     const NodeOptions& options, NodeStart start);

}  // namespace terrella::edge
