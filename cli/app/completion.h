// Completion: what a shell may offer for the word being typed, computed by the program itself.
//
// The scripts for bash, zsh and fish are a few lines each and ask `terrella __complete WORDS...`,
// so they never go stale: flags come from the table of commands, names of PoPs and cities from the
// cluster and the data.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/app/command.h"

namespace terrella::cli {

struct Candidate {
  std::string word;
  std::string help;  // may be empty
};

struct Completions {
  std::vector<Candidate> candidates;  // all start with the typed prefix
  bool files = false;                 // the shell completes paths itself
};

// Values for a kind that only the outside knows (PoPs, cities, scripts); bounded by the caller.
using ValueSource = std::function<std::vector<Candidate>(ValueKind kind)>;

// `words` are the words after the program, the last one being typed (may be empty).
Completions Complete(std::span<const Command> table, std::span<const std::string> words,
                     const ValueSource& values);

// The script a shell sources; `shell` is bash, zsh or fish.
absl::StatusOr<std::string> CompletionScript(std::string_view shell);

}  // namespace terrella::cli
