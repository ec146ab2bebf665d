// ProcessIdentity: a process we started, told apart from a stranger that got its number later.
//
// A pid alone names nobody: it is reused. A process is ours only when its start time (field 22 of
// /proc/PID/stat) and its program (/proc/PID/exe) are what they were when we started it. Signals go
// through a pidfd opened before that check, so there is no moment in between for the number to
// change hands (pidfd_open(2)).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::cli {

struct ProcessIdentity {
  int pid = 0;               // 0: none
  uint64_t start_ticks = 0;  // since boot, in clock ticks
  std::string exe;           // the program's path, without " (deleted)"

  bool operator==(const ProcessIdentity&) const = default;
};

// Who has this pid now; nothing when nobody has or it is a zombie.
std::optional<ProcessIdentity> IdentifyProcess(int pid);
// True while that very process runs.
bool IsAlive(const ProcessIdentity& process);
// Changes with every boot, so that records from before one name nobody.
std::string BootId();

struct MemoryUse {
  uint64_t proportional_bytes = 0;  // shared pages divided among those who share them
  uint64_t private_bytes = 0;       // what ending it would give back
};
// From /proc/PID/smaps_rollup; zeros when it is gone.
MemoryUse MemoryOf(const ProcessIdentity& process);

struct SpawnOptions {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // without the program's name
  std::filesystem::path log;           // stdout and stderr are appended here
};

// Starts a program in a session of its own (the terminal's Ctrl-C does not reach it), stdin closed.
absl::StatusOr<ProcessIdentity> Spawn(const SpawnOptions& options);

// Sends `signal` to that very process. False when it is gone.
bool SendSignal(const ProcessIdentity& process, int signal);
// The same with a number beside it, as sigqueue sends it.
bool SendSignalWith(const ProcessIdentity& process, int signal, int value);

// SIGTERM to all, then SIGKILL to those still there after `grace`. Returns those that had to be
// killed once all are gone.
std::vector<ProcessIdentity> Terminate(std::span<const ProcessIdentity> processes, Duration grace);

// Processes of this user with an argument that `matches` takes: finds the parts of a cluster whose
// record was lost.
std::vector<ProcessIdentity> FindByArgument(
    const std::function<bool(std::string_view argument)>& matches);

}  // namespace terrella::cli
