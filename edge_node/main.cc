// edge_node: one node of the network. Wiring only: options, engine, loop, and the mode that was
// asked for.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "base/core_dump.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "base/status.h"
#include "edge_node/faults/fault_signals.h"
#include "edge_node/modes.h"
#include "edge_node/node.h"
#include "edge_node/options.h"
#include "edge_node/prepare.h"
#include "edge_node/runtime/engine.h"
#include "rpc/lock_checks.h"

namespace {

int Fail(const terrella::edge::NodeOptions& options, const absl::Status& status) {
  fmt::print(stderr, "error: {}\n", terrella::Message(status));
  const bool refused =
      options.mode == terrella::edge::NodeMode::kWorker && absl::IsInvalidArgument(status);
  return refused ? 3 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace terrella;
  ForbidCoreDumps();
  rpc::DropLockChecks();
  edge::FaultSignals::Block();
  const edge::NodeOptions options = edge::ParseOptions(argc, argv);
  const std::string process = fmt::format("edge_node/{}", options.node.id);
  InitLog({.process = process, .level = options.log_level});
  signal(SIGPIPE, SIG_IGN);
  const bool serves =
      options.mode == edge::NodeMode::kNode || options.mode == edge::NodeMode::kWorker;
  absl::StatusOr<edge::NodeStart> start;
  if (serves) start = edge::PrepareNode(options);
  if (serves && !start.ok()) return Fail(options, start.status());
  // A thread begun later that takes an isolate made ahead gets code in which V8 has not put
  // built-ins like Math.imul in place: three times the CPU time of a loop around one.
  const bool makes_ahead = serves && options.shards.is_fixed();
  edge::NodeFaults faults;
  const auto engine = runtime::Engine::Create(
      {.fresh_isolates = makes_ahead ? options.shards.min : 0, .clock = &faults.clock});
  EventLoop loop;
  switch (options.mode) {
    case edge::NodeMode::kCheck:
      return edge::RunCheck(*engine, options);
    case edge::NodeMode::kScript:
      return edge::RunScriptFile(*engine, loop, options);
    case edge::NodeMode::kNode:
    case edge::NodeMode::kWorker:
      break;
  }
  const absl::Status status = edge::RunNode(*engine, loop, faults, options, *std::move(start));
  return status.ok() ? 0 : Fail(options, status);
}
