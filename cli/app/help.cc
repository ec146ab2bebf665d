#include "cli/app/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/app/text_table.h"

namespace terrella::cli {
namespace {

std::string FlagColumn(const Flag& flag) {
  std::string text = flag.letter == 0 ? "    " : fmt::format("-{}, ", flag.letter);
  text += flag.name;
  if (flag.takes_value()) text += " " + flag.value;
  return text;
}

std::string Indented(const TextTable& table) {
  std::string text, out = table.ToString();
  out.erase(0, out.find('\n') + 1);  // the empty title line
  size_t start = 0;
  while (start < out.size()) {
    const size_t end = out.find('\n', start);
    text += "  " + out.substr(start, end - start + 1);
    start = end + 1;
  }
  return text;
}

std::string FlagList(std::span<const Flag> flags) {
  TextTable table({{""}, {""}});
  for (const Flag& flag : flags) table.AddRow({FlagColumn(flag), flag.help});
  return Indented(table);
}

}  // namespace

std::string Overview(std::span<const Command> table) {
  std::string text =
      "terrella: a whole edge network on one machine\n\n"
      "usage: terrella COMMAND [ARGUMENTS] [FLAGS]\n";
  std::vector<std::string> groups;
  for (const Command& command : table) {
    if (command.hidden) continue;
    if (std::find(groups.begin(), groups.end(), command.group) == groups.end()) {
      groups.push_back(command.group);
    }
  }
  for (const std::string& group : groups) {
    TextTable list({{""}, {""}});
    for (const Command& command : table) {
      if (command.group == group && !command.hidden) list.AddRow({command.name, command.summary});
    }
    text += fmt::format("\n{}\n{}", group, Indented(list));
  }
  text += "\nFlags of every command\n" + FlagList(GlobalFlags());
  text +=
      "\nMore: terrella help COMMAND, terrella help exit-codes, terrella help environment\n"
      "First steps:\n"
      "  terrella up\n"
      "  terrella deploy hello.js\n"
      "  terrella fetch --from Lagos http://hello.edge.test/\n";
  return text;
}

std::string CommandPage(const Command& command) {
  std::string text = fmt::format("terrella {}: {}\n\nusage: {}\n", command.name, command.summary,
                                 UsageLine(command));
  if (!command.details.empty()) text += "\n" + command.details + "\n";
  if (!command.flags.empty()) text += "\nFlags\n" + FlagList(command.flags);
  text += "\nFlags of every command\n" + FlagList(GlobalFlags());
  if (!command.examples.empty()) {
    text += "\nExamples\n";
    for (const Example& example : command.examples) {
      text += fmt::format("  {}\n      {}\n", example.line, example.what);
    }
  }
  return text;
}

std::string ExitCodesPage() {
  std::string text = "Exit codes of terrella\n\n";
  for (const ExitCodeDoc& doc : ExitCodeDocs()) {
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(doc.code), doc.meaning);
  }
  return text;
}

std::string EnvironmentPage() {
  TextTable table({{""}, {""}});
  table.AddRow({"TERRELLA_HOME", "where clusters keep their state (default ~/.terrella)"});
  table.AddRow({"TERRELLA_CLUSTER", "the cluster when --cluster is not given (default 'default')"});
  table.AddRow(
      {"TERRELLA_DATA", "where cities and PoPs are read from (default beside the program)"});
  table.AddRow({"NO_COLOR", "set to anything: no colours"});
  return "Environment of terrella\n\n" + Indented(table) +
         "\nFiles: $TERRELLA_HOME/CLUSTER/cluster.json (processes and ports), logs/*.log\n"
         "(what each process says), nodes/POP/ and control/ (their state).\n";
}

}  // namespace terrella::cli
