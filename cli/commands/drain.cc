#include <nlohmann/json.hpp>

#include "cli/app/interrupt.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

constexpr Duration kWaitMax = std::chrono::seconds(5);

// The wish is durable at once; the node follows when it has been told. The state it ends up in.
std::string AwaitState(ControlClient& client, const v1::DrainNodeRequest& wish, v1::Node node) {
  const SystemClock clock;
  const MonotonicTime deadline = clock.Now() + kWaitMax;
  const auto follows = [&] {
    return (node.state() == v1::NODE_STATE_DRAINING) == wish.drain() ||
           node.state() == v1::NODE_STATE_DOWN;
  };
  Interrupt interrupt;
  while (!follows() && clock.Now() < deadline && !interrupt.Wait(15)) {
    const auto status = client.GetStatus();
    if (!status.ok()) break;
    for (const v1::NodeStatus& n : status->nodes()) {
      if (n.node().info().id() == wish.node()) node = n.node();
    }
  }
  return StateName(node.state());
}

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
    const std::string state = AwaitState(client, request, response->node());
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
