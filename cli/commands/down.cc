#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cli/cluster/file_lock.h"
#include "cli/cluster/launcher.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

constexpr Duration kGrace = std::chrono::seconds(5);

ExitCode Say(Invocation& in, const Stopped& stopped) {
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"cluster", in.paths.name},
                                             {"ended", stopped.ended},
                                             {"killed", stopped.killed}}
                          .dump());
  }
  if (stopped.ended.empty()) {
    in.out.Talk("cluster '{}' is not running; nothing to end", in.paths.name);
  } else {
    in.out.Talk("ended {} processes of cluster '{}'", stopped.ended.size(), in.paths.name);
  }
  if (!stopped.killed.empty()) {
    in.out.Talk("did not end by themselves within 5 s and were killed: {}",
                fmt::join(stopped.killed, " "));
  }
  return ExitCode::kOk;
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(in.paths.lock(), "terrella down");
  if (!lock.ok()) return in.out.Fail(lock.status());
  absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok() && record.status().code() != absl::StatusCode::kNotFound) {
    in.out.Talk("{}; ending what can be found without it", Message(record.status()));
  }
  const bool known = record.ok();
  if (!known) record = ClusterRecord{.name = in.paths.name};
  in.out.Progress("ending the cluster");
  const Stopped stopped = StopCluster(*record, in.paths, kGrace);
  if (known) {
    if (const absl::Status saved = SaveRecord(in.paths, *record); !saved.ok())
      return in.out.Fail(saved);
  }
  if (in.args.Has("--purge")) {
    std::error_code error;
    std::filesystem::remove_all(in.paths.dir(), error);
    if (error)
      return in.out.Fail(ExitCode::kFailed, "cannot remove {}: {}", in.paths.dir().string(),
                         error.message());
    in.out.Talk("removed {}", in.paths.dir().string());
  }
  return Say(in, stopped);
}

}  // namespace

Command DownCommand() {
  return {
      .name = "down",
      .group = "Cluster",
      .summary = "end a cluster; its deployed code stays for the next 'up'",
      .details =
          "Every process gets SIGTERM, finishes what it is doing, and is killed after 5 s. Only\n"
          "processes this cluster started are touched. Running it again does nothing.",
      .flags = {{.name = "--purge", .help = "also remove the cluster's state, logs and code"}},
      .examples = {{"terrella down --purge", "end it and forget its deployed code, too"}},
      .run = Run};
}

}  // namespace terrella::cli
