#include "cli/app/completion.h"

#include "cli/commands/commands.h"
#include "cli/commands/invocation.h"
#include "sim/net/data_dir.h"
#include "sim/net/places.h"

namespace terrella::cli {
namespace {

constexpr uint32_t kOfferedCityPeopleMin = 1'000'000;  // a list a person can look through

ExitCode RunCompletion(Invocation& in) {
  const absl::StatusOr<std::string> script = CompletionScript(in.args.Text("SHELL"));
  if (!script.ok()) return in.out.Fail(script.status());
  in.out.Write(*script);
  return ExitCode::kOk;
}

void AddPops(const Invocation& in, std::vector<Candidate>& out) {
  const absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok()) return;
  for (const std::string& name : NodeNames(*record)) out.push_back({name, ""});
}

void AddCities(std::vector<Candidate>& out) {
  const absl::StatusOr<std::filesystem::path> data = net::FindDataDir();
  if (!data.ok()) return;
  const auto places = net::Places::Load(*data);
  if (!places.ok()) return;
  for (const net::City& city : (*places)->cities()) {
    if (city.population >= kOfferedCityPeopleMin) out.push_back({city.name, city.country});
  }
}

void AddScripts(const Invocation& in, std::vector<Candidate>& out) {
  const absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  if (!record.ok() || !AnyRunning(*record)) return;
  ControlClient client(record->control_address(),
                       {.cluster = record->name, .timeout = std::chrono::milliseconds(300)});
  const auto scripts = client.ListScripts();
  if (!scripts.ok()) return;
  for (const v1::ScriptSummary& script : scripts->scripts()) out.push_back({script.name(), ""});
}

ExitCode RunComplete(Invocation& in) {
  const std::vector<std::string> words = in.args.All("WORD");
  const Completions completions = Complete(in.table, words, [&](ValueKind kind) {
    std::vector<Candidate> values;
    if (kind == ValueKind::kPop || kind == ValueKind::kPlace) AddPops(in, values);
    if (kind == ValueKind::kCity || kind == ValueKind::kPlace) AddCities(values);
    if (kind == ValueKind::kScript) AddScripts(in, values);
    return values;
  });
  for (const Candidate& candidate : completions.candidates) {
    in.out.Data("{}{}{}", candidate.word, candidate.help.empty() ? "" : "\t", candidate.help);
  }
  if (completions.files) in.out.Data(":files");
  return ExitCode::kOk;
}

}  // namespace

Command CompletionCommand() {
  return {.name = "completion",
          .group = "This program",
          .summary = "print the completion script of a shell",
          .positionals = {{.name = "SHELL",
                           .kind = ValueKind::kChoice,
                           .choices = {"bash", "zsh", "fish"}}},
          .examples = {{"source <(terrella completion bash)", "in this bash, or in ~/.bashrc"},
                       {"terrella completion fish | source", "in this fish"}},
          .run = RunCompletion};
}

Command CompleteCommand() {
  return {.name = "__complete",
          .summary = "what the completion scripts call",
          .positionals = {{.name = "WORD", .required = false, .repeated = true}},
          .run = RunComplete,
          .hidden = true,
          .raw_words = true};
}

}  // namespace terrella::cli
