// dev: one worker on one node in the foreground, reloaded when its files change.
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/status.h"
#include "cli/cluster/programs.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

// The node does the watching and reloading itself; this process becomes it, so that signals, the
// terminal and the exit code are its own.
ExitCode Run(Invocation& in) {
  const absl::StatusOr<Programs> programs = Programs::Find();
  if (!programs.ok()) return in.out.Fail(programs.status());
  const std::filesystem::path path = in.args.Text("PATH");
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return in.out.Fail(ExitCode::kFailed, "there is no {}", path.string());
  }
  std::vector<std::string> words = {
      (programs->bin / "edge_node").string(), "--worker=" + path.string(), "--watch",
      fmt::format("--listen=127.0.0.1:{}", in.args.Number("--port", 8787))};
  for (const std::string& var : in.args.All("--var")) words.push_back("--var=" + var);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  return in.out.Fail(ExitCode::kFailed, "cannot start {}: {}", words[0], std::strerror(errno));
}

}  // namespace

Command DevCommand() {
  return {.name = "dev",
          .group = "Code",
          .summary = "serve one worker here and reload it when its files change",
          .details = "Needs no cluster. Same runtime and limits as on the network; Ctrl-C ends it.",
          .positionals = {{.name = "PATH", .kind = ValueKind::kFile}},
          .flags = {{.name = "--port",
                     .value = "PORT",
                     .help = "where it listens on 127.0.0.1 (default 8787)",
                     .kind = ValueKind::kNumber,
                     .min = 0,
                     .max = 65535},
                    {.name = "--var",
                     .value = "KEY=VALUE",
                     .help = "a text in the worker's env",
                     .repeatable = true}},
          .examples = {{"terrella dev hello.js", "then: curl http://127.0.0.1:8787/"}},
          .run = Run};
}

}  // namespace terrella::cli
