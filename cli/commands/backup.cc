// backup and restore: the control plane's state as one file, and back.
//
// Both are work of the control_plane program, which knows the store; this starts it beside the one
// that serves (backup), or in its place (restore).
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "base/subprocess.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/file_lock.h"
#include "cli/cluster/launcher.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

constexpr Duration kTimeout = std::chrono::minutes(30);
constexpr Duration kStopGrace = std::chrono::seconds(5);

// Runs the control plane's program with one more flag; its line of JSON.
absl::StatusOr<nlohmann::ordered_json> RunTool(const Invocation& in, const ClusterRecord& record,
                                               const Programs& programs, const std::string& flag) {
  const Part* control = record.Find("control");
  if (control == nullptr) return Internal("the record of '{}' has no control plane", record.name);
  const SpawnOptions spawn = CommandFor(record, *control, in.paths, programs);
  SubprocessOptions options{.argv = {spawn.program.string()}, .timeout = kTimeout};
  options.argv.insert(options.argv.end(), spawn.arguments.begin(), spawn.arguments.end());
  options.argv.push_back(flag);
  ASSIGN_OR_RETURN(const SubprocessResult result, RunSubprocess(options));
  if (result.exit_code != 0) {
    std::string_view said = result.err;
    while (said.ends_with('\n')) said.remove_suffix(1);
    said = said.substr(said.rfind('\n') + 1);
    // Behind the log's time and level.
    constexpr std::string_view kProcess = " control_plane ";
    if (const size_t at = said.find(kProcess); at != said.npos) {
      said.remove_prefix(at + kProcess.size());
    }
    return FailedPrecondition("{}", said);
  }
  auto json = nlohmann::ordered_json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Internal("control_plane said '{}'", result.out);
  return json;
}

std::string Absolute(const Arguments& args) {
  return std::filesystem::absolute(args.Text("FILE")).string();
}

std::string Contents(const nlohmann::ordered_json& json) {
  return fmt::format("{} records and {} contents of revision {}", json["records"].get<uint64_t>(),
                     json["blobs"].get<uint64_t>(), json["revision"].get<uint64_t>());
}

ExitCode RunBackup(Invocation& in) {
  const absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok()) return in.out.Fail(record.status());
  const absl::StatusOr<Programs> programs = Programs::Find();
  if (!programs.ok()) return in.out.Fail(programs.status());
  const std::string file = Absolute(in.args);
  const auto done = RunTool(in, *record, *programs, "--backup=" + file);
  if (!done.ok()) return in.out.Fail(done.status());
  in.out.Talk("{} in {} ({})", Contents(*done), file,
              FormatBytes((*done)["bytes"].get<uint64_t>()));
  if (in.out.json()) in.out.Data("{}", done->dump());
  return ExitCode::kOk;
}

absl::Status Restore(Invocation& in, nlohmann::ordered_json& done) {
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(in.paths.lock(), "terrella restore"));
  ASSIGN_OR_RETURN(ClusterRecord record, LoadRecord(in.paths));
  ASSIGN_OR_RETURN(const Programs programs, Programs::Find());
  std::vector<std::string> running;
  for (const Part* control : record.controls()) {
    if (IsRunning(*control)) running.push_back(control->name);
  }
  StopParts(record, running, kStopGrace);
  RETURN_IF_ERROR(SaveRecord(in.paths, record));
  auto restored = RunTool(in, record, programs, "--restore=" + Absolute(in.args));
  if (restored.ok()) done = *std::move(restored);
  if (!running.empty()) {
    Interrupt interrupt;
    const absl::Status started =
        StartParts(record, in.paths, programs, running, {.interrupt = &interrupt});
    RETURN_IF_ERROR(restored.status());
    RETURN_IF_ERROR(started);
  }
  return restored.status();
}

ExitCode RunRestore(Invocation& in) {
  nlohmann::ordered_json done;
  if (const absl::Status status = Restore(in, done); !status.ok()) return in.out.Fail(status);
  in.out.Talk("{} took the place of everything; nodes start over from it", Contents(done));
  if (in.out.json()) in.out.Data("{}", done.dump());
  return ExitCode::kOk;
}

}  // namespace

Command BackupCommand() {
  return {.name = "backup",
          .group = "Cluster",
          .summary = "write the control plane's state into one file, while it serves",
          .details =
              "Versions, deployments, routes, secrets (encrypted), DNS records and the values "
              "of Workers KV.\n"
              "The secrets' key (control/secrets.key in the cluster's folder) is not in it: "
              "keep a copy elsewhere.",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
          .examples = {{"terrella backup monday.backup", ""}},
          .run = RunBackup};
}

Command RestoreCommand() {
  return {.name = "restore",
          .group = "Cluster",
          .summary = "put a backup in the place of the control plane's state",
          .details =
              "Everything since the backup is gone. The control plane is down meanwhile; nodes "
              "go on serving\n"
              "what they have, and then start over from the restored state. A file that is "
              "damaged, or of\n"
              "another cluster, is refused before anything is changed.",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
          .examples = {{"terrella restore monday.backup", ""}},
          .run = RunRestore};
}

}  // namespace terrella::cli
