#include "cli/app/help.h"

#include "base/suggest.h"
#include "cli/app/help_json.h"
#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {
namespace {

ExitCode Run(Invocation& in) {
  const std::vector<std::string> words = in.args.All("TOPIC");
  if (in.out.json()) {
    in.out.Write(HelpJson(in.table));
    return ExitCode::kOk;
  }
  if (words.empty()) {
    in.out.Write(Overview(in.table));
    return ExitCode::kOk;
  }
  const std::string topic = fmt::format("{}", fmt::join(words, " "));
  if (topic == "exit-codes") {
    in.out.Write(ExitCodesPage());
    return ExitCode::kOk;
  }
  if (topic == "environment") {
    in.out.Write(EnvironmentPage());
    return ExitCode::kOk;
  }
  if (const Command* command = FindCommand(in.table, topic)) {
    in.out.Write(CommandPage(*command));
    return ExitCode::kOk;
  }
  std::vector<std::string> topics = {"exit-codes", "environment"}, inside;
  for (const Command& command : in.table) {
    if (command.hidden) continue;
    topics.push_back(command.name);
    if (command.name.starts_with(topic + " ")) inside.push_back(command.name);
  }
  if (!inside.empty()) {
    for (const std::string& name : inside)
      in.out.Write(UsageLine(*FindCommand(in.table, name)) + "\n");
    return ExitCode::kOk;
  }
  const std::string near = Suggest(topic, topics);
  return in.out.Fail(ExitCode::kUsage, "no help on '{}'{}", topic,
                     near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

}  // namespace

Command HelpCommand() {
  return {.name = "help",
          .group = "This program",
          .summary = "explain a command, or 'exit-codes', or 'environment'",
          .positionals =
              {{.name = "TOPIC", .kind = ValueKind::kCommand, .required = false, .repeated = true}},
          .examples = {{"terrella help deploy", "what deploy does and its flags"},
                       {"terrella help exit-codes", "what the exit codes mean"},
                       {"terrella help --json", "every command, argument and flag, for programs"}},
          .run = Run};
}

}  // namespace terrella::cli
