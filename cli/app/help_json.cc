#include "cli/app/help_json.h"

#include <nlohmann/json.hpp>

#include "cli/app/exit_code.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* KindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return "text";
    case ValueKind::kNumber:
      return "number";
    case ValueKind::kDuration:
      return "duration";
    case ValueKind::kChoice:
      return "choice";
    case ValueKind::kFile:
      return "file";
    case ValueKind::kCity:
      return "city";
    case ValueKind::kPop:
      return "pop";
    case ValueKind::kPlace:
      return "place";
    case ValueKind::kScript:
      return "script";
    case ValueKind::kCommand:
      return "command";
  }
  return "text";
}

Json FlagJson(const Flag& flag) {
  Json out = {{"name", flag.name}, {"help", flag.help}, {"repeatable", flag.repeatable}};
  if (flag.letter != 0) out["letter"] = std::string(1, flag.letter);
  if (!flag.takes_value()) return out;
  out["value"] = flag.value;
  out["kind"] = KindName(flag.kind);
  if (!flag.choices.empty()) out["choices"] = flag.choices;
  if (flag.min != std::numeric_limits<int64_t>::min()) out["min"] = flag.min;
  if (flag.max != std::numeric_limits<int64_t>::max()) out["max"] = flag.max;
  return out;
}

Json FlagsJson(std::span<const Flag> flags) {
  Json out = Json::array();
  for (const Flag& flag : flags) out.push_back(FlagJson(flag));
  return out;
}

Json CommandJson(const Command& command) {
  Json arguments = Json::array(), examples = Json::array();
  for (const Positional& positional : command.positionals) {
    arguments.push_back({{"name", positional.name},
                         {"kind", KindName(positional.kind)},
                         {"required", positional.required},
                         {"repeated", positional.repeated}});
    if (!positional.choices.empty()) arguments.back()["choices"] = positional.choices;
  }
  for (const Example& example : command.examples) {
    examples.push_back({{"line", example.line}, {"what", example.what}});
  }
  return {{"name", command.name},
          {"group", command.group},
          {"summary", command.summary},
          {"usage", UsageLine(command)},
          {"details", command.details},
          {"arguments", std::move(arguments)},
          {"flags", FlagsJson(command.flags)},
          {"examples", std::move(examples)}};
}

}  // namespace

std::string HelpJson(std::span<const Command> table) {
  Json commands = Json::array(), codes = Json::array();
  for (const Command& command : table) {
    if (!command.hidden) commands.push_back(CommandJson(command));
  }
  for (const ExitCodeDoc& doc : ExitCodeDocs()) {
    codes.push_back({{"code", static_cast<int>(doc.code)}, {"meaning", doc.meaning}});
  }
  const Json json = {{"commands", std::move(commands)},
                     {"flags", FlagsJson(GlobalFlags())},
                     {"exit_codes", std::move(codes)}};
  return json.dump(2) + "\n";
}

}  // namespace terrella::cli
