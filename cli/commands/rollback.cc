// rollback and delete: the two other changes of what answers.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

// Waits for the nodes and says what has come of it.
ExitCode Finish(Invocation& in, ControlClient& client, const v1::DeployResponse& response,
                std::string_view what) {
  v1::Convergence state;
  ExitCode result = ExitCode::kOk;
  const bool wait = !in.args.Has("--detach");
  if (wait) result = FollowConvergence(in, client, response.revision(), &state);
  if (in.out.json()) {
    in.out.Data(
        "{}",
        nlohmann::ordered_json{{"script", in.args.Text("NAME")},
                               {"version", response.version_id()},
                               {"revision", response.revision()},
                               {"nodes", {{"acked", state.acked()}, {"total", state.total()}}},
                               {"complete", state.complete()},
                               {"converged_ms", static_cast<double>(state.elapsed_us()) / 1000}}
            .dump(2));
  } else if (!response.version_id().empty()) {
    in.out.Data("{}", response.version_id());
  }
  if (result != ExitCode::kOk) return result;
  if (wait) {
    in.out.Talk("{}: {}/{} nodes in {:.0f} ms", what, state.acked(), state.total(),
                static_cast<double>(state.elapsed_us()) / 1000);
  } else {
    in.out.Talk("{}: revision {} is on its way to the nodes", what, response.revision());
  }
  return ExitCode::kOk;
}

ExitCode FailChange(Invocation& in, const absl::Status& status) {
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    return in.out.FailLine(ExitCode::kRejected, Message(status));
  }
  return in.out.Fail(status);
}

// The one version whose id starts with `prefix`.
absl::StatusOr<std::string> ExpandVersion(ControlClient& client, const std::string& script,
                                          const std::string& prefix) {
  auto versions = client.ListVersions(script);
  if (!versions.ok()) return versions.status();
  std::vector<std::string> matches;
  for (const v1::VersionSummary& v : versions->versions()) {
    if (v.id().starts_with(prefix)) matches.push_back(v.id());
  }
  if (matches.size() == 1) return matches[0];
  if (matches.empty()) {
    return NotFound("'{}' has no version '{}'; 'terrella versions {}' lists them", script, prefix,
                    script);
  }
  return InvalidArgument("'{}' begins {} versions of '{}'; give more of the id", prefix,
                         matches.size(), script);
}

ExitCode RunRollback(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  v1::RollbackRequest request;
  request.set_request_id(NewRequestId());
  request.set_script(in.args.Text("NAME"));
  request.set_message(in.args.Text("--message"));
  if (const auto to = in.args.Find("--to")) {
    const absl::StatusOr<std::string> id = ExpandVersion(client, request.script(), *to);
    if (!id.ok()) return in.out.FailLine(ExitCode::kFailed, Message(id.status()));
    request.set_version_id(*id);
  }
  const auto response = client.Rollback(request);
  if (!response.ok()) return FailChange(in, response.status());
  return Finish(
      in, client, *response,
      fmt::format("{} is back at {}", request.script(), response->version_id().substr(0, 12)));
}

ExitCode RunDelete(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  v1::DeleteScriptRequest request;
  request.set_request_id(NewRequestId());
  request.set_script(in.args.Text("NAME"));
  const auto response = client.DeleteScript(request);
  if (!response.ok()) return FailChange(in, response.status());
  return Finish(in, client, *response,
                fmt::format("{} answers no more (its versions are kept)", request.script()));
}

}  // namespace

Command RollbackCommand() {
  std::vector<Flag> flags = {
      {.name = "--to",
       .value = "ID",
       .help = "the version, or the start of its id (default: the one before)"},
      {.name = "--message",
       .letter = 'm',
       .value = "TEXT",
       .help = "why, for 'terrella versions'"}};
  for (Flag& flag : ConvergenceFlags()) flags.push_back(std::move(flag));
  return {.name = "rollback",
          .group = "Code",
          .summary = "go back to an earlier version of a script",
          .details = "Nothing is uploaded: every version is kept. Routes stay as they are now.",
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript}},
          .flags = std::move(flags),
          .examples = {{"terrella rollback shop -m 'checkout is broken'",
                        "to the version that answered before"}},
          .run = RunRollback};
}

Command DeleteCommand() {
  return {.name = "delete",
          .group = "Code",
          .summary = "take a script, its routes and its Durable Objects off the network",
          .positionals = {{.name = "NAME", .kind = ValueKind::kScript}},
          .flags = ConvergenceFlags(),
          .examples = {{"terrella delete shop", "its hostname is NXDOMAIN then"}},
          .run = RunDelete};
}

}  // namespace terrella::cli
