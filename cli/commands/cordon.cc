// cordon, uncordon, evict: who is sent clients, and who is known at all.
#include <nlohmann/json.hpp>

#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

ExitCode SetCordon(Invocation& in, bool cordon) {
  return ForEachPop(in, [&](ControlClient& client, const std::string& node) {
    v1::CordonNodeRequest request;
    request.set_node(node);
    request.set_cordon(cordon);
    const auto response = client.CordonNode(request);
    if (!response.ok()) return in.out.Fail(response.status());
    const std::string state = cordon ? "cordoned" : StateName(response->node().state());
    in.out.Talk(
        "{} is {}{}", request.node(), state,
        cordon ? fmt::format("; 'terrella uncordon {}' takes it back", request.node()) : "");
    if (in.out.json()) in.out.Data("{}", Json{{"pop", request.node()}, {"state", state}}.dump());
    return ExitCode::kOk;
  });
}

ExitCode RunEvict(Invocation& in) {
  absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  for (const std::string& name : in.args.All("NODE")) {
    v1::EvictNodeRequest request;
    // One that this cluster's record does not know may be on another machine, or gone.
    const absl::StatusOr<Part*> part = NodeOf(*record, name);
    request.set_node(part.ok() ? (*part)->name : name);
    const auto response = client.EvictNode(request);
    if (!response.ok()) return in.out.Fail(response.status());
    const std::string state = StateName(response->node().state());
    in.out.Talk("{} is forgotten; it was {}{}", request.node(), state,
                state == "down" ? "" : " and says Hello anew");
    if (in.out.json()) in.out.Data("{}", Json{{"node", request.node()}, {"was", state}}.dump());
  }
  return ExitCode::kOk;
}

ExitCode RunCordon(Invocation& in) {
  return SetCordon(in, true);
}
ExitCode RunUncordon(Invocation& in) {
  return SetCordon(in, false);
}

}  // namespace

Command CordonCommand() {
  return {
      .name = "cordon",
      .group = "Faults",
      .summary = "steer no new clients to a PoP and let it try no versions; it serves as before",
      .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
      .examples = {{"terrella cordon FRA", "to look at it while it still answers"}},
      .run = RunCordon};
}

Command UncordonCommand() {
  return {.name = "uncordon",
          .group = "Faults",
          .summary = "steer clients to a cordoned PoP again",
          .positionals = {{.name = "POP", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella uncordon FRA", ""}},
          .run = RunUncordon};
}

Command EvictCommand() {
  return {.name = "evict",
          .group = "Faults",
          .summary = "forget a node: one that is down for good, or one that shall register anew",
          .positionals = {{.name = "NODE", .kind = ValueKind::kPop, .repeated = true}},
          .examples = {{"terrella evict FRA", "it is not waited for any more, and listed no more"}},
          .run = RunEvict};
}

}  // namespace terrella::cli
