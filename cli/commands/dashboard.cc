// dashboard: where the page is that shows the cluster, with the token that opens it.
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "cli/commands/cluster_report.h"
#include "cli/commands/commands.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  absl::StatusOr<std::string> token = ReadFile(in.paths.control() / "gateway.token", 4096);
  if (record->api_port == 0 || !token.ok()) {
    return in.out.Fail(ExitCode::kFailed,
                       "this cluster was started without the control plane's HTTP; 'terrella down' "
                       "and 'terrella up' start it with");
  }
  while (token->ends_with('\n')) token->pop_back();
  const std::string url = fmt::format("http://127.0.0.1:{}/#token={}", record->api_port, *token);
  in.out.Data("{}", in.out.json() ? nlohmann::ordered_json{{"url", url}}.dump() : url);
  return ExitCode::kOk;
}

}  // namespace

Command DashboardCommand() {
  return {.name = "dashboard",
          .group = "Cluster",
          .summary = "print the address of the page that shows the cluster live",
          .details =
              "Who has the address can do what you can: the token in it is the operator's. It is "
              "behind a '#',\n"
              "which browsers do not send, and leaves the address bar when the page has read it.",
          .examples = {{"xdg-open \"$(terrella dashboard)\"", "open it"}},
          .run = Run};
}

}  // namespace terrella::cli
