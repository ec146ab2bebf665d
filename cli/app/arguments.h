// Arguments: the words after a command, taken apart and checked against its flags and positionals.
//
// Values are kept as text; numbers, durations and choices have been checked by the time a command
// reads them, so its accessors do not fail. A flag given twice that is not repeatable is an error,
// never a silent last-one-wins.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cli/app/command.h"

namespace terrella::cli {

class Arguments {
 public:
  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  // The value of a flag ("--name") or positional ("FILE").
  std::optional<std::string> Find(std::string_view name) const;
  std::string Text(std::string_view name, std::string_view otherwise = "") const;
  int64_t Number(std::string_view name, int64_t otherwise) const;
  Duration Time(std::string_view name, Duration otherwise) const;
  // Every value of a repeatable flag or repeated positional, in order.
  std::vector<std::string> All(std::string_view name) const;

  void Add(const std::string& name, std::string value) {
    values_[name].push_back(std::move(value));
  }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Parsed {
  const Command* command = nullptr;  // nullptr: only global flags were given
  Arguments arguments;
};

// Finds the command in `words` (argv without the program) and checks the rest. Errors are
// INVALID_ARGUMENT with a sentence for people, a suggestion included when a name is close.
absl::StatusOr<Parsed> ParseCommandLine(std::span<const Command> table,
                                        std::span<const std::string> words);

}  // namespace terrella::cli
