// ParseFlags: the command line of a daemon, strictly: flags of absl only, and exit code 2 for
// whoever mistypes one (absl's own parser exits with 1).
#pragma once

#include <optional>
#include <string_view>

#include "base/log.h"

namespace terrella {

// Sets the ABSL_FLAGs defined in `main_file` from "--name=value", "--name value"
// and, for booleans, "--name" and "--noname"; "--ready-file" and "--ready_file" are the same. On
// --help prints `usage` and the flags and exits 0; on an unknown flag (with a suggestion), a bad
// value or anything that is no flag prints why and exits 2. `main_file` is __FILE__ of the caller.
// Call once, before other threads run.
void ParseFlags(int argc, char** argv, std::string_view main_file, std::string_view usage);

// A value of --log-level: "debug", "info", "warn" or "error"; nothing for other text.
std::optional<LogLevel> LogLevelOf(std::string_view name);

}  // namespace terrella
