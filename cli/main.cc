// terrella: the program people type. Finds the command, checks its words, runs it.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/app/arguments.h"
#include "cli/app/help.h"
#include "cli/app/output.h"
#include "cli/cluster/paths.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

std::string ClusterName(const Arguments& args) {
  const char* name = std::getenv("TERRELLA_CLUSTER");
  return args.Text("--cluster", name != nullptr && *name != 0 ? name : "default");
}

// " deploy" when the words begin with a command's name.
std::string HelpTopic(std::span<const Command> table, const std::vector<std::string>& words) {
  for (size_t count = std::min<size_t>(2, words.size()); count > 0; --count) {
    const std::string name = count == 2 ? words[0] + " " + words[1] : words[0];
    if (FindCommand(table, name) != nullptr) return " " + name;
  }
  return "";
}

ExitCode Main(const std::vector<std::string>& words) {
  Output out(DetectOutput());
  const std::vector<Command> table = AllCommands();
  if (words.size() == 1 && words[0] == "--version") return Main({"version"});
  absl::StatusOr<Parsed> parsed = ParseCommandLine(table, words);
  if (!parsed.ok()) {
    out.FailLine(ExitCode::kUsage, Message(parsed.status()));
    out.Talk("see 'terrella help{}'", HelpTopic(table, words));
    return ExitCode::kUsage;
  }
  const Arguments& args = parsed->arguments;
  if (parsed->command == nullptr) {
    if (args.Has("--help")) {
      out.Write(Overview(table));
      return ExitCode::kOk;
    }
    out.TalkLine(Overview(table));
    return ExitCode::kUsage;
  }
  if (args.Has("--help")) {
    out.Write(CommandPage(*parsed->command));
    return ExitCode::kOk;
  }
  out.set_json(args.Has("--json"));
  out.set_quiet(args.Has("--quiet"));
  absl::StatusOr<std::filesystem::path> home = TerrellaHome();
  if (!home.ok()) return out.Fail(home.status());
  ClusterPaths paths{*home, ClusterName(args)};
  if (const absl::Status named = CheckClusterName(paths.name); !named.ok()) {
    return out.FailLine(ExitCode::kUsage, Message(named));
  }
  Invocation invocation{*parsed->command, args, out, table, std::move(paths)};
  return parsed->command->run(invocation);
}

}  // namespace
}  // namespace terrella::cli

int main(int argc, char** argv) {
  return static_cast<int>(terrella::cli::Main(std::vector<std::string>(argv + 1, argv + argc)));
}
