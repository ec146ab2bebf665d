// deploy: a worker from disk onto every node, and the wait until all of them have it.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "base/status.h"
#include "bundle/bundle.h"
#include "bundle/names.h"
#include "cli/commands/commands.h"
#include "cli/commands/convergence_text.h"
#include "cli/commands/dry_run.h"
#include "cli/commands/invocation.h"
#include "cli/commands/rollout_flags.h"
#include "cli/commands/rollout_text.h"
#include "cli/commands/schedule.h"
#include "cli/commands/upload.h"

namespace terrella::cli {
namespace {

std::vector<std::string> UrlsOf(const v1::DeployResponse& deployed) {
  std::vector<std::string> urls;
  for (const std::string& route : deployed.routes()) {
    if (route.starts_with("*")) continue;  // no one URL
    std::string path = route;
    if (path.ends_with('*')) path.pop_back();
    urls.push_back(fmt::format("http://{}", path));
  }
  return urls;
}

struct Deployed {
  v1::UploadResponse upload;
  v1::DeployResponse deploy;
};

absl::StatusOr<Deployed> UploadAndDeploy(Invocation& in, ControlClient& client,
                                         const bundle::Bundle& code,
                                         const std::optional<v1::RolloutPlan>& plan) {
  Deployed done;
  ASSIGN_OR_RETURN(done.upload, UploadBundle(in, client, code));
  v1::DeployRequest request;
  request.set_request_id(NewRequestId());
  request.set_script(code.version.script());
  request.set_version_id(done.upload.version_id());
  const std::vector<std::string> routes = in.args.All("--route");
  const std::vector<std::string>& wanted = routes.empty() ? code.routes : routes;
  request.mutable_routes()->Assign(wanted.begin(), wanted.end());
  request.set_message(in.args.Text("--message"));
  request.set_end_split(in.args.Has("--yes"));
  request.set_immediate(in.args.Has("--immediate"));
  if (plan) *request.mutable_rollout() = *plan;
  in.out.Progress("a first node tries it");
  auto deployed = WithRetries([&] { return client.Deploy(request); });
  if (plan && absl::IsNotFound(deployed.status())) {
    in.out.Talk("the first deployment has nothing to be compared with: all at once");
    request.clear_rollout();
    request.set_request_id(NewRequestId());
    deployed = WithRetries([&] { return client.Deploy(request); });
  }
  RETURN_IF_ERROR(deployed.status());
  done.deploy = *std::move(deployed);
  return done;
}

// A rollout has begun: waits until it is over, unless told not to.
ExitCode FinishRollout(Invocation& in, ControlClient& client, const std::string& script,
                       const Deployed& done) {
  const std::string& id = done.deploy.rollout_id();
  if (!in.out.json()) in.out.Data("{}", done.upload.version_id());
  v1::RolloutProgress last;
  ExitCode result = ExitCode::kOk;
  if (in.args.Has("--detach")) {
    v1::WatchRolloutRequest request;
    request.set_script(script);
    request.set_rollout_id(id);
    request.set_once(true);
    auto now = client.WatchRollout(request, std::chrono::seconds(10), nullptr, nullptr);
    if (!now.ok()) return in.out.Fail(now.status());
    last = *std::move(now);
    in.out.Talk("rollout {} has begun; 'terrella rollouts watch {}' follows it", id, script);
  } else {
    in.out.Talk("rollout {} of {}", id, done.upload.version_id().substr(0, 12));
    result = FollowRollout(in, client, script, id, /*json_lines=*/false, &last);
  }
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"script", script},
                                             {"version", done.upload.version_id()},
                                             {"deployment", done.deploy.deployment_id()},
                                             {"validated_by", done.deploy.validated_by()},
                                             {"rollout", ProgressJson(last)}}
                          .dump(2));
  }
  return result;
}

// Where it answers, and when it runs by itself.
void TalkPlaces(Invocation& in, const std::vector<std::string>& urls, const v1::Version& version,
                WallTime now) {
  for (const std::string& url : urls) in.out.Talk("{}", url);
  for (const std::string& line : ScheduleLines(version, now)) in.out.Talk("{}", line);
}

// Who has it, and since when.
void TalkArrival(Invocation& in, const ClusterRecord& record, const v1::Convergence& state,
                 double total_ms) {
  if (state.total() == 0) {
    return in.out.Talk("no node is connected; they take it when they come");
  }
  const std::string took =
      fmt::format("{}/{} nodes in {:.0f} ms ({:.0f} ms in all)", state.acked(), state.total(),
                  static_cast<double>(state.elapsed_us()) / 1000, total_ms);
  in.out.Talk("{}", in.out.TalkStyled(Style::kGreen, took));
  const std::string arrival = ArrivalText(state);
  if (record.network.home.empty() || arrival.empty()) return;
  in.out.Talk("from {}: {}", record.network.home, arrival);
}

void PrintJson(Invocation& in, const bundle::Bundle& code, const Deployed& done,
               const std::vector<std::string>& urls, const v1::Convergence& state,
               double total_ms) {
  nlohmann::ordered_json json{
      {"script", code.version.script()},
      {"version", done.deploy.version_id()},
      {"existed", done.upload.existed()},
      {"size_bytes", done.upload.size_bytes()},
      {"modules", code.version.modules_size()},
      {"deployment", done.deploy.deployment_id()},
      {"revision", done.deploy.revision()},
      {"validated_by", done.deploy.validated_by()},
      {"routes",
       std::vector<std::string>(done.deploy.routes().begin(), done.deploy.routes().end())},
      {"urls", urls},
      {"notes", std::vector<std::string>(done.deploy.notes().begin(), done.deploy.notes().end())},
      {"nodes", {{"acked", state.acked()}, {"total", state.total()}}},
      {"complete", state.complete()},
      {"converged_ms", static_cast<double>(state.elapsed_us()) / 1000},
      {"total_ms", total_ms}};
  AddArrival(state, json);
  in.out.Data("{}", json.dump(2));
}

ExitCode Run(Invocation& in) {
  const SystemClock clock;
  const MonotonicTime began = clock.Now();
  absl::StatusOr<bundle::Bundle> code = LoadBundleOf(in);
  if (!code.ok()) return FailLoad(in, code.status());
  for (const std::string& route : in.args.All("--route")) {
    if (const absl::StatusOr<std::string> good = bundle::NormalizeRoute(route); !good.ok()) {
      return in.out.Fail(ExitCode::kUsage, "deploy: --route: {}", Message(good.status()));
    }
  }
  const auto plan = RolloutPlanOf(in, code->rollout);
  if (!plan.ok()) return in.out.Fail(ExitCode::kUsage, "deploy: {}", Message(plan.status()));
  if (in.args.Has("--dry-run")) return DryRun(in, *code);
  if (in.args.Has("--outdir")) {
    return in.out.Fail(ExitCode::kUsage, "deploy: --outdir goes with --dry-run");
  }
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  if (const absl::Status filled = FillForCluster(in, *record, code->version); !filled.ok()) {
    return in.out.FailLine(ExitCode::kRejected, Message(filled));
  }
  ControlClient client = ControlOf(in, *record);
  const absl::StatusOr<Deployed> done = UploadAndDeploy(in, client, *code, *plan);
  if (done.ok() && !done->deploy.rollout_id().empty()) {
    return FinishRollout(in, client, code->version.script(), *done);
  }
  if (!done.ok()) {
    const bool split = Message(done.status()).starts_with("several versions");
    if (split && !plan->has_value() &&
        done.status().code() == absl::StatusCode::kFailedPrecondition) {
      return in.out.Fail(ExitCode::kFailed,
                         "{}; 'deploy --yes' gives the new one all of them, 'terrella versions "
                         "deploy {} ID@PERCENT ...' a part",
                         Message(done.status()), code->version.script());
    }
    if (!IsRejection(done.status())) return in.out.Fail(done.status());
    return in.out.Fail(ExitCode::kRejected, "{} was rejected, nothing has changed:\n  {}",
                       code->version.script(), Message(done.status()));
  }
  v1::Convergence state;
  ExitCode result = ExitCode::kOk;
  if (!in.args.Has("--detach")) {
    result = FollowConvergence(in, client, done->deploy.revision(), &state);
  }
  const double total_ms = ToMs(clock.Now() - began);
  const std::vector<std::string> urls = UrlsOf(done->deploy);
  if (in.out.json()) {
    PrintJson(in, *code, *done, urls, state, total_ms);
    return result;
  }
  in.out.Data("{}", done->deploy.version_id());
  if (result != ExitCode::kOk) return result;
  in.out.Talk("{} {}, {} in {} module{}{}", code->version.script(),
              done->deploy.version_id().substr(0, 12), FormatBytes(code->total_bytes),
              code->version.modules_size(), code->version.modules_size() == 1 ? "" : "s",
              done->upload.existed() ? " (the same content was there already)" : "");
  for (const std::string& note : done->deploy.notes()) in.out.Talk("{}", note);
  if (in.args.Has("--detach")) {
    in.out.Talk("revision {} is on its way to the nodes", done->deploy.revision());
  } else {
    TalkArrival(in, *record, state, total_ms);
  }
  TalkPlaces(in, urls, code->version, clock.WallNow());
  return result;
}

}  // namespace

Command DeployCommand() {
  std::vector<Flag> flags = BundleFlags();
  flags.push_back({.name = "--route",
                   .value = "PATTERN",
                   .help = "what it answers, e.g. 'edge.test/api/*' (default NAME.ZONE/*)",
                   .repeatable = true});
  flags.push_back({.name = "--message",
                   .letter = 'm',
                   .value = "TEXT",
                   .help = "why, for 'terrella versions'"});
  flags.push_back({.name = "--yes",
                   .letter = 'y',
                   .help = "take the place of several versions that share the requests"});
  for (Flag& flag : RolloutFlags()) flags.push_back(std::move(flag));
  flags.push_back({.name = "--dry-run", .help = "bundle, say what would be uploaded, and stop"});
  flags.push_back({.name = "--outdir",
                   .value = "FOLDER",
                   .help = "with --dry-run: write the modules there",
                   .kind = ValueKind::kFile});
  for (Flag& flag : ConvergenceFlags()) flags.push_back(std::move(flag));
  return {
      .name = "deploy",
      .group = "Code",
      .summary = "put a worker on every node",
      .details =
          "PATH is a file (hello.js, hello.ts), a project of wrangler (a folder with a "
          "wrangler.toml,\n"
          ".json or .jsonc), or a folder with an index.js or a terrella.toml; default: this "
          "folder.\n"
          "TypeScript and npm packages are bundled by esbuild on the way. One node tries the code\n"
          "first: when it refuses, nothing changes, the reason is printed with its file and line, "
          "and\n"
          "the exit code is 3. Otherwise waits until every node has it. Prints the version id on\n"
          "stdout. With --rollout, or a [rollout] in terrella.toml, it comes in waves, and the "
          "exit\n"
          "code is 4 when it was rolled back.",
      .positionals = {{.name = "PATH", .kind = ValueKind::kFile, .required = false}},
      .flags = std::move(flags),
      .examples = {{"terrella deploy examples/hello", "the folder's name is the script's name"},
                   {"terrella deploy api.js --route 'edge.test/api/*' -m 'faster'",
                    "with its own route"},
                   {"terrella deploy --env staging", "the project of wrangler in this folder"},
                   {"terrella deploy --rollout safe", "canary, region, half, all; back when worse"},
                   {"v=$(terrella deploy hello.js --quiet)", "keep the version id"}},
      .run = Run};
}

}  // namespace terrella::cli
