#include <nlohmann/json.hpp>

#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

ExitCode SetDrain(Invocation& in, bool drain) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(*record);
  for (const std::string& name : in.args.All("POP")) {
    const absl::StatusOr<Part*> node = NodeOf(*record, name);
    if (!node.ok()) return in.out.Fail(node.status());
    v1::DrainNodeRequest request;
    request.set_node((*node)->name);
    request.set_drain(drain);
    const auto response = client.DrainNode(request);
    if (!response.ok()) return in.out.Fail(response.status());
    const std::string state = StateName(response->node().state());
    if (in.out.json()) {
      in.out.Data("{}", nlohmann::ordered_json{{"pop", request.node()}, {"state", state}}.dump());
    }
    in.out.Talk("{} is {}{}", request.node(), state,
                drain ? fmt::format("; 'terrella undrain {}' takes it back", request.node()) : "");
  }
  return ExitCode::kOk;
}

ExitCode RunDrain(Invocation& in) {
  return SetDrain(in, true);
}
ExitCode RunUndrain(Invocation& in) {
  return SetDrain(in, false);
}

}  // namespace

Command DrainCommand() {
  return {.name = "drain",
          .group = "Faults",
          .summary = "steer clients away from a PoP; it finishes what it has",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .run = RunDrain};
}

Command UndrainCommand() {
  return {.name = "undrain",
          .group = "Faults",
          .summary = "take a drained PoP back",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .run = RunUndrain};
}

}  // namespace terrella::cli
