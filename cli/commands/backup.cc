// backup and restore: the control plane's state as one file, and back: beside the control plane
// that serves (backup), or in its place (restore).
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/control_tool.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

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
  const auto done = RunControlTool(in, *record, *programs, "--backup=" + file);
  if (!done.ok()) return in.out.Fail(done.status());
  in.out.Talk("{} in {} ({})", Contents(*done), file,
              FormatBytes((*done)["bytes"].get<uint64_t>()));
  if (in.out.json()) in.out.Data("{}", done->dump());
  return ExitCode::kOk;
}

ExitCode RunRestore(Invocation& in) {
  const auto done = RunControlToolAlone(in, "terrella restore", "--restore=" + Absolute(in.args));
  if (!done.ok()) return in.out.Fail(done.status());
  in.out.Talk("{} took the place of everything; nodes start over from it", Contents(*done));
  if (in.out.json()) in.out.Data("{}", done->dump());
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
