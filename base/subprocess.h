// Subprocess: another program run to its end, its output collected.
//
// For tools (a bundler, a package manager, a project's build command): the caller waits. What runs
// long beside us is cli/cluster/process.h's business.
//
// Thread: any; blocks.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella {

struct SubprocessOptions {
  std::vector<std::string> argv;  // argv[0] is searched for in PATH when it has no '/'
  std::filesystem::path cwd;      // empty: ours
  std::vector<std::string> env;   // "NAME=value", in addition to ours
  Duration timeout = std::chrono::minutes(2);
  size_t output_bytes_max = 4 << 20;  // of each stream; the rest is read and dropped
  // Asked about ten times a second while it runs; false ends it.
  std::function<bool()> go_on;
};

struct SubprocessResult {
  int exit_code = 0;  // 128 + N when signal N ended it
  std::string out;
  std::string err;
};

// NotFound when there is no such program, DeadlineExceeded (it and its children are killed) when it
// does not end in time, Unavailable when the system refuses. Its standard input is empty.
absl::StatusOr<SubprocessResult> RunSubprocess(const SubprocessOptions& options);

}  // namespace terrella
