// The only file that includes CLI11, which is slow to compile. CLI11 takes the words apart; what
// each means comes from the table, and so do the sentences, because its own name no alternatives.
#include "cli/app/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "base/duration.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella::cli {
namespace {

std::string JoinChoices(const std::vector<std::string>& choices) {
  std::string text;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

std::string DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  const std::string near = word.empty() ? "" : Suggest(word, candidates);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

absl::StatusOr<int64_t> ParseNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return InvalidArgument("'{}' is not a whole number", text);
  }
  return value;
}

absl::Status CheckChoice(std::string_view name, std::string_view value,
                         const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return absl::OkStatus();
  return InvalidArgument("{}: expected {}, got '{}'{}", name, JoinChoices(choices), value,
                         DidYouMean(value, choices));
}

absl::Status CheckFlagValue(const Flag& flag, std::string_view value) {
  switch (flag.kind) {
    case ValueKind::kNumber: {
      const absl::StatusOr<int64_t> number = ParseNumber(value);
      if (!number.ok()) return InvalidArgument("{}: {}", flag.name, Message(number.status()));
      if (*number < flag.min || *number > flag.max) {
        return InvalidArgument("{}: expected {} to {}, got {}", flag.name, flag.min, flag.max,
                               *number);
      }
      return absl::OkStatus();
    }
    case ValueKind::kDuration: {
      const absl::StatusOr<Duration> time = ParseDuration(value);
      if (!time.ok()) return InvalidArgument("{}: {}", flag.name, Message(time.status()));
      return absl::OkStatus();
    }
    case ValueKind::kChoice:
      return CheckChoice(flag.name, value, flag.choices);
    default:
      return absl::OkStatus();
  }
}

std::vector<Flag> AllFlags(const Command& command) {
  std::vector<Flag> flags = command.flags;
  for (const Flag& flag : GlobalFlags()) flags.push_back(flag);
  return flags;
}

std::string FlagNames(const Flag& flag) {
  return flag.letter == 0 ? flag.name : fmt::format("-{},{}", flag.letter, flag.name);
}

absl::Status UnknownCommand(std::span<const Command> table, std::span<const std::string> plain) {
  for (size_t depth = std::min<size_t>(2, plain.size()); depth > 0; --depth) {
    const std::string prefix = JoinWords(plain, depth);
    const std::vector<std::string> inside = NextWords(table, prefix);
    if (prefix.empty() || inside.empty()) continue;
    if (plain.size() == depth) {
      return InvalidArgument("'{}' needs a word more: {}", prefix, JoinChoices(inside));
    }
    return InvalidArgument("unknown command '{} {}'{} (there are {})", prefix, plain[depth],
                           DidYouMean(plain[depth], inside), JoinChoices(inside));
  }
  return InvalidArgument("unknown command '{}'{}", plain[0],
                         DidYouMean(plain[0], NextWords(table, "")));
}

absl::Status BadWord(const Command& command, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') {
    return InvalidArgument("{}: unexpected argument '{}'", command.name, word);
  }
  std::vector<std::string> names;
  for (const Flag& flag : AllFlags(command)) names.push_back(flag.name);
  return InvalidArgument("{}: unknown flag '{}'{}", command.name, word,
                         DidYouMean(word.substr(0, word.find('=')), names));
}

absl::Status TakePositionals(const Command& command, std::span<const std::string> words,
                             Arguments& arguments) {
  size_t next = 0;
  for (const Positional& p : command.positionals) {
    const bool wants_help = arguments.Has("--help");
    if (next == words.size()) {
      if (p.required && !wants_help) {
        return InvalidArgument("{}: {} is missing\nusage: {}", command.name, p.name,
                               UsageLine(command));
      }
      break;
    }
    do {
      if (p.kind == ValueKind::kChoice)
        RETURN_IF_ERROR(CheckChoice(p.name, words[next], p.choices));
      arguments.Add(p.name, words[next++]);
    } while (p.repeated && next < words.size());
  }
  return next == words.size() ? absl::OkStatus() : BadWord(command, words[next]);
}

absl::StatusOr<Arguments> ParseArguments(const Command& command, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const std::vector<Flag> flags = AllFlags(command);
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, int> switches;
  for (const Flag& flag : flags) {
    if (flag.takes_value()) {
      app.add_option(FlagNames(flag), values[flag.name])
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    } else {
      app.add_flag(FlagNames(flag), switches[flag.name]);
    }
  }
  // What stands behind "--" is never a flag.
  const auto end_of_flags = std::find(words.begin(), words.end(), "--");
  const std::vector<std::string> behind(
      end_of_flags == words.end() ? end_of_flags : end_of_flags + 1, words.end());
  words.erase(end_of_flags, words.end());
  std::vector<std::string> plain;
  std::reverse(words.begin(), words.end());  // CLI11 takes words from the back
  try {
    app.parse(words);
    plain = app.remaining();
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return InvalidArgument("{}: {} needs a value", command.name, text.substr(0, text.find(':')));
  } catch (const CLI::Error& error) {
    return InvalidArgument("{}: {}", command.name, error.what());
  }
  Arguments arguments;
  for (const Flag& flag : flags) {
    const size_t times = app.get_option(flag.name)->count();
    if (times > 1 && !flag.repeatable && flag.takes_value()) {
      return InvalidArgument("{}: {} was given {} times, expected once", command.name, flag.name,
                             times);
    }
    if (!flag.takes_value() && times > 0) arguments.Add(flag.name, "");
    for (std::string& value : values[flag.name]) {
      const absl::Status good = CheckFlagValue(flag, value);
      if (!good.ok()) return InvalidArgument("{}: {}", command.name, Message(good));
      arguments.Add(flag.name, std::move(value));
    }
  }
  for (const std::string& word : plain) {
    const bool number = word.size() > 1 && word[1] >= '0' && word[1] <= '9';  // "-34.6,-58.4"
    if (word.size() > 1 && word[0] == '-' && !number) return BadWord(command, word);
  }
  plain.insert(plain.end(), behind.begin(), behind.end());
  RETURN_IF_ERROR(TakePositionals(command, plain, arguments));
  return arguments;
}

}  // namespace

std::optional<std::string> Arguments::Find(std::string_view name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) return std::nullopt;
  return it->second.back();
}

std::string Arguments::Text(std::string_view name, std::string_view otherwise) const {
  return Find(name).value_or(std::string(otherwise));
}

int64_t Arguments::Number(std::string_view name, int64_t otherwise) const {
  const std::optional<std::string> text = Find(name);
  return text ? ParseNumber(*text).value_or(otherwise) : otherwise;
}

Duration Arguments::Time(std::string_view name, Duration otherwise) const {
  const std::optional<std::string> text = Find(name);
  return text ? ParseDuration(*text).value_or(otherwise) : otherwise;
}

std::vector<std::string> Arguments::All(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

absl::StatusOr<Parsed> ParseCommandLine(std::span<const Command> table,
                                        std::span<const std::string> words) {
  // Global flags may stand before the command: the first plain words name it.
  std::vector<std::string> front, plain, rest;
  size_t i = 0;
  for (; i < words.size() && words[i].size() > 1 && words[i][0] == '-'; ++i) {
    front.push_back(words[i]);
    if (words[i] == "--cluster" && i + 1 < words.size()) front.push_back(words[++i]);
  }
  for (size_t j = i; j < words.size() && words[j][0] != '-'; ++j) {
    plain.push_back(words[j]);
  }
  static const Command kNone{.name = "no command"};
  if (plain.empty()) {
    ASSIGN_OR_RETURN(Arguments arguments, ParseArguments(kNone, front));
    return Parsed{nullptr, std::move(arguments)};
  }
  size_t taken = 0;
  const Command* command = MatchCommand(table, plain, &taken);
  if (command == nullptr) return UnknownCommand(table, plain);
  if (command->raw_words) {
    Arguments raw;
    for (size_t j = i + taken; j < words.size(); ++j)
      raw.Add(command->positionals[0].name, words[j]);
    return Parsed{command, std::move(raw)};
  }
  rest = front;
  rest.insert(rest.end(), words.begin() + i + taken, words.end());
  ASSIGN_OR_RETURN(Arguments arguments, ParseArguments(*command, rest));
  return Parsed{command, std::move(arguments)};
}

}  // namespace terrella::cli
