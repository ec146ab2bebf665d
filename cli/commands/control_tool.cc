#include "cli/commands/control_tool.h"

#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/subprocess.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/file_lock.h"
#include "cli/cluster/launcher.h"

namespace terrella::cli {
namespace {

constexpr Duration kTimeout = std::chrono::minutes(30);
constexpr Duration kStopGrace = std::chrono::seconds(5);

}  // namespace

absl::StatusOr<nlohmann::ordered_json> RunControlTool(const Invocation& in,
                                                      const ClusterRecord& record,
                                                      const Programs& programs,
                                                      const std::string& flag) {
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

absl::StatusOr<nlohmann::ordered_json> RunControlToolAlone(Invocation& in, const std::string& who,
                                                           const std::string& flag) {
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(in.paths.lock(), who));
  ASSIGN_OR_RETURN(ClusterRecord record, LoadRecord(in.paths));
  ASSIGN_OR_RETURN(const Programs programs, Programs::Find());
  std::vector<std::string> running;
  for (const Part* control : record.controls()) {
    if (IsRunning(*control)) running.push_back(control->name);
  }
  StopParts(record, running, kStopGrace);
  RETURN_IF_ERROR(SaveRecord(in.paths, record));
  auto done = RunControlTool(in, record, programs, flag);
  if (!running.empty()) {
    Interrupt interrupt;
    const absl::Status started =
        StartParts(record, in.paths, programs, running, {.interrupt = &interrupt});
    RETURN_IF_ERROR(done.status());
    RETURN_IF_ERROR(started);
  }
  return done;
}

}  // namespace terrella::cli
