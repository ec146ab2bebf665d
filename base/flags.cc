#include "base/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "base/status.h"
#include "base/suggest.h"

namespace terrella {
namespace {

using FlagsByName = std::map<std::string, absl::CommandLineFlag*, std::less<>>;

// Libraries define flags too; only those of the program are its interface.
FlagsByName FlagsOf(std::string_view main_file) {
  FlagsByName own;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (flag->Filename() == main_file) own.emplace(std::string(ToStd(name)), flag);
  }
  return own;
}

std::string WithUnderscores(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::string WithDashes(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

[[noreturn]] void PrintHelp(const FlagsByName& flags, std::string_view usage) {
  fmt::print("{}\n", usage);
  for (const auto& [name, flag] : flags) {
    fmt::print("  --{}  {} (default: {})\n", WithDashes(name), flag->Help(),
               flag->DefaultValue().empty() ? "none" : flag->DefaultValue());
  }
  std::exit(0);
}

[[noreturn]] void Refuse(std::string_view why) {
  fmt::print(stderr, "error: {}\nTry --help.\n", why);
  std::exit(2);
}

absl::CommandLineFlag& Find(const FlagsByName& flags, std::string_view name) {
  if (const auto it = flags.find(name); it != flags.end()) return *it->second;
  std::vector<std::string> names;
  for (const auto& [known, flag] : flags) names.push_back(known);
  const std::string near = Suggest(name, names);
  Refuse(fmt::format("unknown flag --{}{}", WithDashes(name),
                     near.empty() ? "" : fmt::format("; did you mean --{}?", WithDashes(near))));
}

}  // namespace

void ParseFlags(int argc, char** argv, std::string_view main_file, std::string_view usage) {
  const FlagsByName flags = FlagsOf(main_file);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") PrintHelp(flags, usage);
    if (!argument.starts_with("--") || argument.size() == 2) {
      Refuse(fmt::format("expected a flag like --name=value, found '{}'", argument));
    }
    const size_t equals = argument.find('=');
    const std::string spelling =
        WithUnderscores(argument.substr(2, equals == argument.npos ? equals : equals - 2));
    std::string_view name = spelling;
    std::string value;
    const bool negated = name.starts_with("no") && !flags.contains(name) &&
                         flags.contains(name.substr(2)) &&
                         flags.find(name.substr(2))->second->IsOfType<bool>();
    if (negated) name.remove_prefix(2);
    absl::CommandLineFlag& flag = Find(flags, name);
    if (equals != argument.npos) {
      value = argument.substr(equals + 1);
    } else if (flag.IsOfType<bool>()) {
      value = negated ? "false" : "true";
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      Refuse(fmt::format("--{} needs a value", WithDashes(name)));
    }
    std::string why;
    if (!flag.ParseFrom(ToAbsl(value), &why)) {
      Refuse(fmt::format("--{}: '{}' is not a value of it{}{}", WithDashes(name), value,
                         why.empty() ? "" : ": ", why));
    }
  }
}

std::optional<LogLevel> LogLevelOf(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return std::nullopt;
}

}  // namespace terrella
