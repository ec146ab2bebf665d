#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  if (in.out.json()) {
    in.out.Data("{}", nlohmann::ordered_json{{"version", TERRELLA_VERSION}}.dump());
  } else {
    in.out.Data("terrella {}", TERRELLA_VERSION);
  }
  return ExitCode::kOk;
}

}  // namespace

Command VersionCommand() {
  return {.name = "version",
          .group = "This program",
          .summary = "print the version of this program",
          .examples = {{"terrella version --json", "for scripts"}},
          .run = Run};
}

}  // namespace terrella::cli
