#include "base/status.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) {
    if (in.out.json() && record.status().code() == absl::StatusCode::kUnavailable) {
      in.out.Data(R"({{"cluster": "{}", "running": false, "healthy": false}})", in.paths.name);
      return ExitCode::kUnreachable;
    }
    return in.out.Fail(record.status());
  }
  return PrintReport(in, MakeReport(*record));
}

}  // namespace

Command StatusCommand() {
  return {.name = "status",
          .group = "Cluster",
          .summary = "show whether the cluster runs and how well",
          .details =
              "Exits 0 when every part runs and every node is ready, 1 when some part is dead or\n"
              "not ready, 7 when nothing runs. With --json one object: cluster, running, healthy,\n"
              "preset, zone, nodes, dead, control_reachable, revision, scripts, ports,\n"
              "memory_bytes, node_private_bytes_median, started_unix_ms, parts.",
          .examples = {{"terrella status --json | jq .nodes.ready", "how many nodes serve"}},
          .run = Run};
}

}  // namespace terrella::cli
