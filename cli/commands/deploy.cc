// deploy: a worker from disk onto every node, and the wait until all of them have it.
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "bundle/bundle.h"
#include "bundle/names.h"
#include "bundle/version_id.h"
#include "cli/commands/commands.h"
#include "cli/commands/dry_run.h"
#include "cli/commands/invocation.h"
#include "cli/commands/world.h"

namespace terrella::cli {
namespace {

absl::StatusOr<bundle::Bundle> LoadFor(const Invocation& in) {
  bundle::LoadOptions options{.name = in.args.Text("--name"), .environment = in.args.Text("--env")};
  for (const std::string& text : in.args.All("--var")) {
    ASSIGN_OR_RETURN(auto var, bundle::ParseVar(text));
    options.vars.push_back(std::move(var));
  }
  ASSIGN_OR_RETURN(bundle::Bundle code, bundle::LoadBundle(in.args.Text("PATH", "."), options));
  for (const std::string& warning : code.warnings) {
    in.out.Talk("{} {}", in.out.TalkStyled(Style::kYellow, "warning:"), warning);
  }
  return code;
}

// Gives every origin its round-trip times from the PoPs of the cluster, so that nodes need not know
// the map.
absl::Status FillOriginRtts(const ClusterRecord& record, v1::Version& version) {
  if (version.origins_size() == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const World world, LoadWorld());
  const net::LatencyModel& latency = *world.latency;
  for (v1::Origin& origin : *version.mutable_origins()) {
    origin.clear_rtts();
    if (origin.place().empty()) continue;
    const absl::StatusOr<net::Place> place = world.places->Find(origin.place());
    if (!place.ok()) {
      return InvalidArgument("origin {}: {}", origin.host(), Message(place.status()));
    }
    const net::Endpoint there = latency.SiteAt(place->country, place->at);
    for (const Part* node : record.nodes()) {
      const net::PopSite* site = world.places->pops().Find(node->name);
      if (site == nullptr) continue;
      v1::PopRtt* rtt = origin.add_rtts();
      rtt->set_pop(site->iata);
      rtt->set_rtt_ms(latency.RttMs(latency.SiteAt(*site), there));
    }
  }
  return absl::OkStatus();
}

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

bool IsRejection(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

struct Deployed {
  v1::UploadResponse upload;
  v1::DeployResponse deploy;
};

// Both calls may be repeated: the same content has the same id, the same request id the same
// answer.
template <class Call>
auto WithRetries(const Call& call) {
  auto result = call();
  for (int retry = 0; retry < 2 && result.status().code() == absl::StatusCode::kUnavailable;
       ++retry) {
    result = call();
  }
  return result;
}

// Sends the assets the control plane lacks.
absl::Status UploadAssets(Invocation& in, ControlClient& client, const bundle::Bundle& code) {
  if (code.asset_files.empty()) return absl::OkStatus();
  v1::FindMissingBlobsRequest request;
  for (const auto& [sha256, file] : code.asset_files) request.add_sha256(sha256);
  ASSIGN_OR_RETURN(const v1::FindMissingBlobsResponse missing,
                   WithRetries([&] { return client.FindMissingBlobs(request); }));
  std::vector<std::filesystem::path> files;
  for (const std::string& sha256 : missing.sha256()) {
    const auto file = code.asset_files.find(sha256);
    if (file != code.asset_files.end()) files.push_back(file->second);
  }
  RETURN_IF_ERROR(client.UploadFiles(files, [&](size_t sent) {
    in.out.Progress(fmt::format("uploading assets {}/{}", sent, files.size()));
  }));
  in.out.Talk("{} assets, {} of them new", code.version.assets().files(), files.size());
  return absl::OkStatus();
}

absl::StatusOr<Deployed> UploadAndDeploy(Invocation& in, ControlClient& client,
                                         const bundle::Bundle& code) {
  Deployed done;
  RETURN_IF_ERROR(UploadAssets(in, client, code));
  in.out.Progress(
      fmt::format("uploading {} ({})", code.version.script(), FormatBytes(code.total_bytes)));
  ASSIGN_OR_RETURN(done.upload,
                   WithRetries([&] { return client.UploadVersion(code.version, code.blobs); }));
  v1::DeployRequest request;
  request.set_request_id(NewRequestId());
  request.set_script(code.version.script());
  request.set_version_id(done.upload.version_id());
  const std::vector<std::string> routes = in.args.All("--route");
  const std::vector<std::string>& wanted = routes.empty() ? code.routes : routes;
  request.mutable_routes()->Assign(wanted.begin(), wanted.end());
  request.set_message(in.args.Text("--message"));
  in.out.Progress("a first node tries it");
  ASSIGN_OR_RETURN(done.deploy, WithRetries([&] { return client.Deploy(request); }));
  return done;
}

void PrintJson(Invocation& in, const bundle::Bundle& code, const Deployed& done,
               const std::vector<std::string>& urls, const v1::Convergence& state,
               double total_ms) {
  in.out.Data(
      "{}", nlohmann::ordered_json{{"script", code.version.script()},
                                   {"version", done.deploy.version_id()},
                                   {"existed", done.upload.existed()},
                                   {"size_bytes", done.upload.size_bytes()},
                                   {"modules", code.version.modules_size()},
                                   {"deployment", done.deploy.deployment_id()},
                                   {"revision", done.deploy.revision()},
                                   {"validated_by", done.deploy.validated_by()},
                                   {"routes", std::vector<std::string>(done.deploy.routes().begin(),
                                                                       done.deploy.routes().end())},
                                   {"urls", urls},
                                   {"notes", std::vector<std::string>(done.deploy.notes().begin(),
                                                                      done.deploy.notes().end())},
                                   {"nodes", {{"acked", state.acked()}, {"total", state.total()}}},
                                   {"complete", state.complete()},
                                   {"converged_ms", static_cast<double>(state.elapsed_us()) / 1000},
                                   {"total_ms", total_ms}}
                .dump(2));
}

ExitCode Run(Invocation& in) {
  const SystemClock clock;
  const MonotonicTime began = clock.Now();
  absl::StatusOr<bundle::Bundle> code = LoadFor(in);
  if (!code.ok()) {
    const bool missing = code.status().code() == absl::StatusCode::kNotFound;
    return in.out.FailLine(missing ? ExitCode::kFailed : ExitCode::kRejected,
                           Message(code.status()));
  }
  for (const std::string& route : in.args.All("--route")) {
    if (const absl::StatusOr<std::string> good = bundle::NormalizeRoute(route); !good.ok()) {
      return in.out.Fail(ExitCode::kUsage, "deploy: --route: {}", Message(good.status()));
    }
  }
  if (in.args.Has("--dry-run")) return DryRun(in, *code);
  if (in.args.Has("--outdir")) {
    return in.out.Fail(ExitCode::kUsage, "deploy: --outdir goes with --dry-run");
  }
  const absl::StatusOr<ClusterRecord> record = RunningCluster(in);
  if (!record.ok()) return in.out.Fail(record.status());
  if (const absl::Status filled = FillOriginRtts(*record, code->version); !filled.ok()) {
    return in.out.FailLine(ExitCode::kRejected, Message(filled));
  }
  code->version.set_id(bundle::VersionId(code->version));  // again: round-trip times count
  ControlClient client = ControlOf(*record);
  const absl::StatusOr<Deployed> done = UploadAndDeploy(in, client, *code);
  if (!done.ok()) {
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
  } else if (state.total() == 0) {
    in.out.Talk("no node is connected; they take it when they come");
  } else {
    in.out.Talk("{}", in.out.TalkStyled(
                          Style::kGreen,
                          fmt::format("{}/{} nodes in {:.0f} ms ({:.0f} ms in all)", state.acked(),
                                      state.total(), static_cast<double>(state.elapsed_us()) / 1000,
                                      total_ms)));
  }
  for (const std::string& url : urls) in.out.Talk("{}", url);
  return result;
}

}  // namespace

Command DeployCommand() {
  std::vector<Flag> flags = {
      {.name = "--name",
       .value = "NAME",
       .help = "the script's name (default: of the file or folder)"},
      {.name = "--route",
       .value = "PATTERN",
       .help = "what it answers, e.g. 'edge.test/api/*' (default NAME.ZONE/*)",
       .repeatable = true},
      {.name = "--var",
       .value = "KEY=VALUE",
       .help = "a text in the worker's env",
       .repeatable = true},
      {.name = "--message", .letter = 'm', .value = "TEXT", .help = "why, for 'terrella versions'"},
      {.name = "--env",
       .letter = 'e',
       .value = "NAME",
       .help = "the environment of a wrangler configuration"},
      {.name = "--dry-run", .help = "bundle, say what would be uploaded, and stop"},
      {.name = "--outdir",
       .value = "FOLDER",
       .help = "with --dry-run: write the modules there",
       .kind = ValueKind::kFile}};
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
          "the exit code is 3. Otherwise waits until every node has it. Prints the version id on "
          "stdout.",
      .positionals = {{.name = "PATH", .kind = ValueKind::kFile, .required = false}},
      .flags = std::move(flags),
      .examples = {{"terrella deploy examples/hello", "the folder's name is the script's name"},
                   {"terrella deploy api.js --route 'edge.test/api/*' -m 'faster'",
                    "with its own route"},
                   {"terrella deploy --env staging", "the project of wrangler in this folder"},
                   {"v=$(terrella deploy hello.js --quiet)", "keep the version id"}},
      .run = Run};
}

}  // namespace terrella::cli
