// The two ways of running edge_node that end by themselves: --check and --script.
//
// Thread: main.
#pragma once

#include "base/event_loop.h"
#include "edge_node/options.h"
#include "edge_node/runtime/engine.h"

namespace terrella::edge {

// Reads and compiles the worker. 0: it would be accepted (one line says what it is); 3: refused,
// with the reason on standard error.
int RunCheck(runtime::Engine& engine, const NodeOptions& options);

// Runs a classic script; 0, or 1 after an uncaught error or when it cannot be read.
int RunScriptFile(runtime::Engine& engine, EventLoop& loop, const NodeOptions& options);

}  // namespace terrella::edge
