#include "cli/app/command.h"

#include <array>

namespace terrella::cli {

std::span<const Flag> GlobalFlags() {
  static const std::array<Flag, 4> kFlags = {{
      {.name = "--cluster",
       .value = "NAME",
       .help = "which cluster ($TERRELLA_CLUSTER, else 'default')"},
      {.name = "--json", .help = "print the answer as JSON on stdout"},
      {.name = "--quiet", .letter = 'q', .help = "say nothing but errors on stderr"},
      {.name = "--help", .letter = 'h', .help = "explain the command"},
  }};
  return kFlags;
}

std::string UsageLine(const Command& command) {
  std::string line = "terrella " + command.name;
  for (const Positional& p : command.positionals) {
    const std::string name = p.repeated ? p.name + "..." : p.name;
    line += p.required ? " " + name : " [" + name + "]";
  }
  for (const Flag& flag : command.flags) {
    line += " [" + flag.name;
    if (flag.takes_value()) line += " " + flag.value;
    line += flag.repeatable ? "]..." : "]";
  }
  return line;
}

const Command* FindCommand(std::span<const Command> table, std::string_view name) {
  for (const Command& command : table) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace terrella::cli
