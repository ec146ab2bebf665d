// Launcher: starts parts of a cluster side by side, waits until they serve, and ends them.
//
// A part serves once its ready file is there. The record on disk is written between starting and
// waiting, so that a Ctrl-C, a crash or a kill -9 of this program in the middle leaves nothing that
// `terrella down` cannot find.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cli/app/interrupt.h"
#include "cli/cluster/paths.h"
#include "cli/cluster/programs.h"
#include "cli/cluster/record.h"

namespace terrella::cli {

struct StartOptions {
  Duration ready_timeout = std::chrono::seconds(20);
  Interrupt* interrupt = nullptr;                            // may be null
  std::function<void(size_t ready, size_t total)> progress;  // may be empty
};

// Starts the named parts, each of which must be dead, and saves the record. Errors: CANCELLED
// (interrupted), DEADLINE_EXCEEDED (not ready in time), FAILED_PRECONDITION (one ended instead; the
// end of its log is in the message). The parts that were started keep running: StopParts ends them.
absl::Status StartParts(ClusterRecord& record, const ClusterPaths& paths, const Programs& programs,
                        const std::vector<std::string>& names, const StartOptions& options);

struct Stopped {
  std::vector<std::string> ended;   // part names, and "pid N" for parts the record had lost
  std::vector<std::string> killed;  // those of `ended` that ignored SIGTERM
};

// Ends the named parts with SIGTERM, after `grace` with SIGKILL, and forgets their processes.
Stopped StopParts(ClusterRecord& record, const std::vector<std::string>& names, Duration grace);

// Ends everything of the cluster, parts its record does not know included.
Stopped StopCluster(ClusterRecord& record, const ClusterPaths& paths, Duration grace);

// Running parts of the cluster that its record does not name.
std::vector<ProcessIdentity> FindStrays(const ClusterRecord& record, const ClusterPaths& paths);

// The last lines of a part's log, indented; "" when it is empty.
std::string LogTail(const ClusterPaths& paths, std::string_view part, size_t lines_max);

std::vector<std::string> Names(const std::vector<const Part*>& parts);

}  // namespace terrella::cli
