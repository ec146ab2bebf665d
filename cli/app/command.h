// Command: one thing `terrella` can do, as data. Parsing, help, did-you-mean and shell completion
// are all made from the same table of commands, so they cannot disagree.
//
// A command's name is one word ("deploy") to three ("dns record add"). Flags that every command has
// (--cluster,
// --token-file, --json, --quiet, --help) are in GlobalFlags and not repeated.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/app/exit_code.h"

namespace terrella::cli {

struct Invocation;

// What a value is: decides how it is checked and what completes it.
enum class ValueKind {
  kText,
  kNumber,    // an integer within [min, max]
  kDuration,  // "500ms", "30s", "2m"
  kChoice,    // one of `choices`
  kFile,      // a path
  kCity,      // a name sim/net knows
  kPop,       // a node of the cluster
  kPlace,     // a city or a PoP
  kScript,    // a deployed script
  kCommand,   // a name of this table
};

struct Flag {
  std::string name;   // "--route"
  char letter = 0;    // 'd' for -d; 0 when there is none
  std::string value;  // what help shows: "N"; empty for a switch
  std::string help;
  ValueKind kind = ValueKind::kText;
  bool repeatable = false;
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  std::vector<std::string> choices;

  bool takes_value() const { return !value.empty(); }
};

struct Positional {
  std::string name;  // "FILE"
  ValueKind kind = ValueKind::kText;
  bool required = true;
  bool repeated = false;  // takes the rest; only the last may
  std::vector<std::string> choices;
};

struct Example {
  std::string line;  // "terrella deploy hello.js"
  std::string what;
};

struct Command {
  std::string name;
  std::string group;    // heading in the overview
  std::string summary;  // one line, no full stop
  std::string details;  // paragraphs of `terrella help NAME`
  std::vector<Positional> positionals;
  std::vector<Flag> flags;
  std::vector<Example> examples;
  ExitCode (*run)(Invocation&) = nullptr;
  bool hidden = false;  // not in the overview, not completed
  // Everything behind the name is the first positional's, dashes or not.
  bool raw_words = false;
};

// Flags every command takes.
std::span<const Flag> GlobalFlags();

// "terrella deploy FILE|DIR [--name NAME] ...".
std::string UsageLine(const Command& command);

// The command called exactly `name`; nullptr when there is none.
const Command* FindCommand(std::span<const Command> table, std::string_view name);
// The one whose words stand in front of `plain`, the longest; how many words it took is in `taken`.
const Command* MatchCommand(std::span<const Command> table, std::span<const std::string> plain,
                            size_t* taken);
// The words that commands have behind `prefix` ("" or "dns record"), each once, in the table's
// order.
std::vector<std::string> NextWords(std::span<const Command> table, std::string_view prefix);
// The first `count` words as they stand in a name.
std::string JoinWords(std::span<const std::string> words, size_t count);

}  // namespace terrella::cli
