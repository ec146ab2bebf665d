// versions upload and versions deploy: new code without traffic, then a part of it.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "cli/commands/rollout_flags.h"
#include "cli/commands/rollout_text.h"
#include "cli/commands/upload.h"
#include "cli/commands/version_shares.h"

namespace terrella::cli {
namespace {

ExitCode RunUpload(Invocation& in) {
  absl::StatusOr<bundle::Bundle> code = LoadBundleOf(in);
  if (!code.ok()) return FailLoad(in, code.status());
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  if (const absl::Status filled = FillForCluster(in, *record, code->version); !filled.ok()) {
    return in.out.FailLine(ExitCode::kRejected, Message(filled));
  }
  ControlClient client = ControlOf(in, *record);
  const absl::StatusOr<v1::UploadResponse> done = UploadBundle(in, client, *code);
  if (!done.ok()) {
    if (!IsRejection(done.status())) return in.out.Fail(done.status());
    return in.out.FailLine(ExitCode::kRejected, Message(done.status()));
  }
  const std::string& script = code->version.script();
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"script", script},
                                             {"version", done->version_id()},
                                             {"existed", done->existed()},
                                             {"size_bytes", done->size_bytes()}}
                          .dump(2));
    return ExitCode::kOk;
  }
  in.out.Data("{}", done->version_id());
  in.out.Talk("no request goes to it yet; 'terrella versions deploy {} {}@10 OTHER' sends it 10 %",
              script, done->version_id().substr(0, 12));
  return ExitCode::kOk;
}

void Print(Invocation& in, const v1::DeployResponse& done, const v1::Convergence& state) {
  if (in.out.json()) {
    in.out.Data(
        "{}",
        nlohmann::ordered_json{{"script", in.args.Text("NAME")},
                               {"version", done.version_id()},
                               {"shares", SharesJson(done.shares())},
                               {"deployment", done.deployment_id()},
                               {"revision", done.revision()},
                               {"validated_by", done.validated_by()},
                               {"nodes", {{"acked", state.acked()}, {"total", state.total()}}},
                               {"complete", state.complete()},
                               {"converged_ms", static_cast<double>(state.elapsed_us()) / 1000}}
            .dump(2));
    return;
  }
  in.out.Data("{}", done.deployment_id());
  const std::string shares = done.shares().empty() ? done.version_id().substr(0, 12) + " 100 %"
                                                   : SharesText(done.shares());
  in.out.Talk("{}: {}", in.args.Text("NAME"), shares);
  if (in.args.Has("--detach")) {
    in.out.Talk("revision {} is on its way to the nodes", done.revision());
  } else {
    in.out.Talk("{}/{} nodes in {:.0f} ms", state.acked(), state.total(),
                static_cast<double>(state.elapsed_us()) / 1000);
  }
}

// The script as it is deployed now; empty when it is not.
absl::StatusOr<v1::ScriptSummary> DeployedNow(ControlClient& client, const std::string& script) {
  ASSIGN_OR_RETURN(const v1::ListScriptsResponse all, client.ListScripts());
  for (const v1::ScriptSummary& one : all.scripts()) {
    if (one.name() == script) return one;
  }
  return v1::ScriptSummary();
}

ExitCode RunDeploy(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  ControlClient client = ControlOf(in, *record);
  const auto now = DeployedNow(client, in.args.Text("NAME"));
  if (!now.ok()) return in.out.Fail(now.status());
  const auto plan = RolloutPlanOf(in, std::nullopt);
  if (!plan.ok()) {
    return in.out.Fail(ExitCode::kUsage, "versions deploy: {}", Message(plan.status()));
  }
  const std::vector<std::string> words = in.args.All("ID@PERCENT");
  if (plan->has_value() && (words.size() != 1 || words[0].find('@') != std::string::npos)) {
    return in.out.Fail(ExitCode::kUsage, "versions deploy: a rollout is of one ID");
  }
  const auto shares = ParseShares(words, now->shares().empty() ? now->version_id() : std::string());
  if (!shares.ok()) {
    return in.out.Fail(ExitCode::kUsage, "versions deploy: {}", Message(shares.status()));
  }
  v1::DeployRequest request;
  request.set_request_id(NewRequestId());
  request.set_script(in.args.Text("NAME"));
  request.set_message(in.args.Text("--message"));
  request.set_end_split(true);
  // Somebody else's deploy in between is not undone unawares.
  request.set_expected_revision(now->revision());
  request.set_immediate(in.args.Has("--immediate"));
  if (plan->has_value()) {
    *request.mutable_rollout() = **plan;
    request.set_version_id(words[0]);
  } else {
    for (const v1::VersionShare& share : *shares) *request.add_shares() = share;
  }
  const auto done = WithRetries([&] { return client.Deploy(request); });
  if (!done.ok()) {
    if (!IsRejection(done.status())) return in.out.Fail(done.status());
    return in.out.Fail(ExitCode::kRejected, "rejected, nothing has changed:\n  {}",
                       Message(done.status()));
  }
  if (!done->rollout_id().empty()) {
    if (!in.out.json()) in.out.Data("{}", done->rollout_id());
    v1::RolloutProgress last;
    ExitCode result = ExitCode::kOk;
    if (!in.args.Has("--detach")) {
      result = FollowRollout(in, client, request.script(), done->rollout_id(), false, &last);
    }
    if (in.out.json()) {
      in.out.Data("{}", nlohmann::ordered_json{{"script", request.script()},
                                               {"deployment", done->deployment_id()},
                                               {"rollout", done->rollout_id()},
                                               {"state", StateText(last.rollout().state())}}
                            .dump(2));
    }
    return result;
  }
  v1::Convergence state;
  ExitCode result = ExitCode::kOk;
  if (!in.args.Has("--detach")) result = FollowConvergence(in, client, done->revision(), &state);
  Print(in, *done, state);
  return result;
}

}  // namespace

Command VersionsUploadCommand() {
  return {.name = "versions upload",
          .group = "Code",
          .summary = "keep a version of a worker that no request goes to yet",
          .details = "Prints its id on stdout. 'terrella versions deploy' gives it requests.",
          .positionals = {{.name = "PATH", .kind = ValueKind::kFile, .required = false}},
          .flags = BundleFlags(),
          .examples = {{"v=$(terrella versions upload hello.js --quiet)", "keep the version id"}},
          .run = RunUpload};
}

Command VersionsDeployCommand() {
  std::vector<Flag> flags = {{.name = "--message",
                              .letter = 'm',
                              .value = "TEXT",
                              .help = "why, for 'terrella versions'"}};
  for (Flag& flag : RolloutFlags()) flags.push_back(std::move(flag));
  for (Flag& flag : ConvergenceFlags()) flags.push_back(std::move(flag));
  return {
      .name = "versions deploy",
      .group = "Code",
      .summary = "share a script's requests between versions",
      .details =
          "Each of up to four versions gets its percentage of the requests; one without gets what\n"
          "is left, and when all have one, the version that answers now. An id may be the "
          "beginning\n"
          "of one. Requests with the same\n"
          "cloudflare-workers-version-key go to the same version, and one whose share grows gives\n"
          "no key back. cloudflare-workers-version-overrides: NAME=\"ID\" goes to that version, "
          "even\n"
          "at 0 %. Versions that do not answer yet are tried by one node first. Routes stay.",
      .positionals = {{.name = "NAME", .kind = ValueKind::kScript},
                      {.name = "ID@PERCENT", .repeated = true}},
      .flags = std::move(flags),
      .examples = {{"terrella versions deploy shop 1f2e@10", "10 % to the new one"},
                   {"terrella versions deploy shop 1f2e@100", "all of them"},
                   {"terrella versions deploy shop 1f2e --rollout safe", "wave by wave"},
                   {"terrella versions deploy shop 1f2e@0 90ac",
                    "only requests that ask for it by name"}},
      .run = RunDeploy};
}

}  // namespace terrella::cli
