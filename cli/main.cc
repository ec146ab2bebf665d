// terrella: the program people type. Finds the command, checks its words, runs it.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/file.h"
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

// The file's only line, or what the environment says; "" when there is none. Gone from the
// environment: processes that a command starts are no callers.
absl::StatusOr<std::string> ReadToken(const Arguments& args) {
  constexpr size_t kTokenBytesMax = 4096;
  const char* variable = std::getenv("TERRELLA_TOKEN");
  std::string token = variable == nullptr ? "" : variable;
  unsetenv("TERRELLA_TOKEN");
  if (args.Has("--token-file")) {
    ASSIGN_OR_RETURN(token, ReadFile(args.Text("--token-file"), kTokenBytesMax));
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
    if (token.empty()) return InvalidArgument("--token-file: the file is empty");
  }
  for (const char c : token) {
    if (c <= ' ' || c > '~') {
      return InvalidArgument("the token has a byte that is none of a token: one is 'trl_...'");
    }
  }
  return token;
}

// " deploy" when the words begin with a command's name.
std::string HelpTopic(std::span<const Command> table, const std::vector<std::string>& words) {
  size_t taken = 0;
  const Command* command = MatchCommand(table, words, &taken);
  return command == nullptr ? "" : " " + command->name;
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
  absl::StatusOr<std::string> token = ReadToken(args);
  if (!token.ok()) return out.FailLine(ExitCode::kUsage, Message(token.status()));
  Invocation invocation{*parsed->command, args, out, table, std::move(paths), *std::move(token)};
  return parsed->command->run(invocation);
}

}  // namespace
}  // namespace terrella::cli

int main(int argc, char** argv) {
  return static_cast<int>(terrella::cli::Main(std::vector<std::string>(argv + 1, argv + argc)));
}
