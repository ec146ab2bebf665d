#include "cli/app/command.h"

#include <algorithm>
#include <array>

namespace terrella::cli {

std::span<const Flag> GlobalFlags() {
  static const std::array<Flag, 5> kFlags = {{
      {.name = "--cluster",
       .value = "NAME",
       .help = "which cluster ($TERRELLA_CLUSTER, else 'default')"},
      {.name = "--token-file",
       .value = "FILE",
       .help = "the token that the control plane asks for ($TERRELLA_TOKEN)",
       .kind = ValueKind::kFile},
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

std::string JoinWords(std::span<const std::string> words, size_t count) {
  std::string name;
  for (size_t i = 0; i < count; ++i) name += (i == 0 ? "" : " ") + words[i];
  return name;
}

const Command* MatchCommand(std::span<const Command> table, std::span<const std::string> plain,
                            size_t* taken) {
  constexpr size_t kWordsMax = 3;
  for (size_t words = std::min(kWordsMax, plain.size()); words > 0; --words) {
    if (const Command* command = FindCommand(table, JoinWords(plain, words))) {
      *taken = words;
      return command;
    }
  }
  return nullptr;
}

std::vector<std::string> NextWords(std::span<const Command> table, std::string_view prefix) {
  std::vector<std::string> words;
  for (const Command& command : table) {
    std::string_view rest = command.name;
    if (command.hidden ||
        (!prefix.empty() && (!rest.starts_with(prefix) || rest.substr(prefix.size(), 1) != " "))) {
      continue;
    }
    if (!prefix.empty()) rest.remove_prefix(prefix.size() + 1);
    const std::string word(rest.substr(0, rest.find(' ')));
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

}  // namespace terrella::cli
