// RunScript: runs one classic script with the worker globals, for `edge_node --script FILE`.
//
// console goes to standard output (warn and error to standard error); timers may be used in the
// global scope; import() finds the runtime's own modules; it ends when nothing is pending.
//
// Thread: the loop's; blocks until the end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "edge_node/runtime/engine.h"
#include "edge_node/runtime/host.h"
#include "edge_node/runtime/worker_code.h"

namespace terrella::runtime {

struct ScriptOptions {
  std::string name;                       // for messages: "bench.js"
  std::string source;                     // UTF-8
  std::vector<std::string> origin_hosts;  // what fetch() may name; see origins.h
  // As Host::Fetch; asked for declared origins only. May be empty when there are none.
  std::function<std::unique_ptr<Subrequest>(OutboundRequest, SubrequestObserver&)> fetch;
  // 0: no CPU limit
  WorkerLimits limits{.cpu_ms = 0,
                      .startup_cpu_ms = 0,
                      .heap_bytes = 1ull << 30,
                      .subrequests = 100'000,
                      .log_lines_per_s = 0,
                      .log_bytes_per_s = 0};
};

// Returns the exit code: 0, or 1 after an uncaught error or unhandled rejection (printed to
// standard error).
int RunScript(Engine& engine, EventLoop& loop, const ScriptOptions& options);

}  // namespace terrella::runtime
