#include "cli/commands/partition.h"

#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/cluster/launcher.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

// Tells running nodes, who take these two signals for it (edge_node/node.cc).
ExitCode Tell(Invocation& in, int signal, const char* state) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  for (const std::string& name : in.args.All("POP")) {
    const absl::StatusOr<Part*> node = NodeOf(*record, name);
    if (!node.ok()) return in.out.Fail(node.status());
    if (!SendSignal((*node)->process, signal)) {
      return in.out.Fail(ExitCode::kFailed, "{} is dead; 'terrella start {}' brings it back",
                         (*node)->name, (*node)->name);
    }
    in.out.Talk("{} is {}", (*node)->name, state);
    if (in.out.json()) {
      in.out.Data("{}", nlohmann::ordered_json{{"pop", (*node)->name}, {"state", state}}.dump());
    }
  }
  return ExitCode::kOk;
}

ExitCode RunPartition(Invocation& in) {
  return Tell(in, SIGUSR1, "cut off");
}
ExitCode RunRejoin(Invocation& in) {
  return Tell(in, SIGUSR2, "together again");
}

}  // namespace

Command PartitionCommand() {
  return {.name = "partition",
          .group = "Faults",
          .summary = "cut a PoP off from the control plane; it serves on with what it has",
          .details =
              "Neither hears anything of the other: three seconds later the control plane takes\n"
              "the node for dead, nobody new is led there, and deploys do not reach it. KV and\n"
              "Durable Objects that it would ask for there fail. 'terrella rejoin' ends it.",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella partition FRA", "then: terrella status"}},
          .run = RunPartition};
}

Command RejoinCommand() {
  return {.name = "rejoin",
          .group = "Faults",
          .summary = "end a PoP's partition from the control plane",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella rejoin FRA", "it hears what it missed within a moment"}},
          .run = RunRejoin};
}

}  // namespace terrella::cli
