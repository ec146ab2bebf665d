// purge: responses out of the caches of a script, on every node.
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

void Take(const std::vector<std::string>& values,
          google::protobuf::RepeatedPtrField<std::string>* into) {
  into->Assign(values.begin(), values.end());
}

ExitCode Run(Invocation& in) {
  v1::PurgeRequest request;
  request.set_script(in.args.Text("SCRIPT"));
  request.set_everything(in.args.Has("--everything"));
  Take(in.args.All("--url"), request.mutable_urls());
  Take(in.args.All("--prefix"), request.mutable_prefixes());
  Take(in.args.All("--host"), request.mutable_hosts());
  Take(in.args.All("--tag"), request.mutable_tags());
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  const absl::StatusOr<v1::PurgeResponse> purged = client.Purge(request);
  if (!purged.ok()) return in.out.Fail(purged.status());
  v1::Convergence state;
  ExitCode result = ExitCode::kOk;
  if (!in.args.Has("--detach")) {
    result = FollowConvergence(in, client, purged->revision(), &state);
  }
  if (in.out.json()) {
    in.out.Data(
        "{}",
        nlohmann::ordered_json{{"script", request.script()},
                               {"revision", purged->revision()},
                               {"nodes", {{"acked", state.acked()}, {"total", state.total()}}},
                               {"complete", state.complete()},
                               {"converged_ms", static_cast<double>(state.elapsed_us()) / 1000}}
            .dump(2));
  } else {
    in.out.Talk("purged; nodes that are down follow when they return");
  }
  return result;
}

}  // namespace

Command PurgeCommand() {
  std::vector<Flag> flags = {
      {.name = "--everything", .help = "all responses of the script"},
      {.name = "--url", .value = "URL", .help = "this URL, all its variants", .repeatable = true},
      {.name = "--prefix",
       .value = "PREFIX",
       .help = "URLs that begin with it: host/path or https://host/path",
       .repeatable = true},
      {.name = "--host", .value = "HOST", .help = "URLs of this host", .repeatable = true},
      {.name = "--tag",
       .value = "TAG",
       .help = "responses with this Cache-Tag",
       .repeatable = true},
  };
  for (Flag& flag : ConvergenceFlags()) flags.push_back(std::move(flag));
  return {.name = "purge",
          .group = "Data",
          .summary = "take responses out of a script's caches on every node",
          .positionals = {{.name = "SCRIPT", .kind = ValueKind::kScript}},
          .flags = std::move(flags),
          .examples = {{"terrella purge shop --url https://shop.edge.test/logo.png",
                        "one URL, on every node"}},
          .run = Run};
}

}  // namespace terrella::cli
