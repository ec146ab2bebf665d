// sim init, check, explain and schema: a scenario's file, before anything runs.
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/sim_common.h"
#include "cli/sim/scenario_template.h"
#include "sim/scenario/explain.h"
#include "sim/scenario/schema.h"

namespace terrella::cli {
namespace {

namespace fs = std::filesystem;
constexpr char kZone[] = "edge.test";

// The scenario of FILE; its errors are told.
std::optional<sim::Scenario> ReadOrTell(Invocation& in, const World& world, ExitCode* code) {
  const absl::StatusOr<ClusterRecord> record = LoadRecord(in.paths);
  const absl::StatusOr<sim::Scenario> scenario =
      ReadScenario(in, world, record.ok() ? record->zone : kZone);
  if (scenario.ok()) return *scenario;
  *code = FailReading(in, scenario.status());
  return std::nullopt;
}

ExitCode RunCheck(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  ExitCode code = ExitCode::kOk;
  const std::optional<sim::Scenario> scenario = ReadOrTell(in, *world, &code);
  if (!scenario) return code;
  in.out.Talk("{} is well: {:.0f} s, {} cities, {} events, {} assertions", in.args.Text("FILE"),
              ToMs(scenario->duration) / 1000, scenario->clients.cities.size(),
              scenario->timeline.size(), scenario->assertions.size());
  return ExitCode::kOk;
}

ExitCode RunExplain(Invocation& in) {
  const absl::StatusOr<World> world = LoadWorld();
  if (!world.ok()) return in.out.Fail(world.status());
  ExitCode code = ExitCode::kOk;
  const std::optional<sim::Scenario> scenario = ReadOrTell(in, *world, &code);
  if (!scenario) return code;
  in.out.Write(sim::ExplainScenario(*scenario, *world->places));
  return ExitCode::kOk;
}

ExitCode RunSchema(Invocation& in) {
  in.out.Write(sim::ScenarioSchema());
  return ExitCode::kOk;
}

// Writes a file that must not be there yet.
absl::Status WriteNew(const fs::path& file, std::string_view text) {
  std::error_code error;
  if (fs::exists(file, error)) {
    return FailedPrecondition("{} is there already; expected a new name", file.string());
  }
  return WriteFileAtomic(file.string(), text);
}

ExitCode RunInit(Invocation& in) {
  const fs::path file = in.args.Text("FILE", "scenario.toml");
  if (file.extension() != ".toml") {
    return in.out.Fail(ExitCode::kUsage, "sim init: expected a name that ends in .toml, got '{}'",
                       file.string());
  }
  const fs::path worker = file.parent_path() / (file.stem().string() + ".js");
  for (const auto& [path, text] : {std::pair(file, ScenarioTemplate(file.stem().string())),
                                   std::pair(worker, std::string(ScenarioTemplateWorker()))}) {
    if (const absl::Status written = WriteNew(path, text); !written.ok()) {
      return in.out.Fail(written);
    }
  }
  in.out.Talk("wrote {} and {}; 'terrella sim run --virtual {}' runs it", file.string(),
              worker.string(), file.string());
  return ExitCode::kOk;
}

}  // namespace

Command SimInitCommand() {
  return {
      .name = "sim init",
      .group = "Scenarios",
      .summary = "write a scenario to begin with, every line explained",
      .details = "Writes FILE and a worker beside it (FILE with .js); neither may be there.",
      .positionals = {{.name = "FILE", .kind = ValueKind::kFile, .required = false}},
      .examples = {{"terrella sim init night.toml", "then: terrella sim run --virtual night.toml"}},
      .run = RunInit};
}

Command SimCheckCommand() {
  return {.name = "sim check",
          .group = "Scenarios",
          .summary = "read a scenario and say what is wrong with it",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
          .examples = {{"terrella sim check scenarios/world-tour.toml",
                        "exit code 0, or file, line and column of what is wrong"}},
          .run = RunCheck};
}

Command SimExplainCommand() {
  return {.name = "sim explain",
          .group = "Scenarios",
          .summary = "say in words who asks, what goes wrong when and what must hold",
          .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
          .examples = {{"terrella sim explain scenarios/frankfurt-goes-dark.toml", "nothing runs"}},
          .run = RunExplain};
}

Command SimSchemaCommand() {
  return {.name = "sim schema",
          .group = "Scenarios",
          .summary = "print the JSON Schema of scenarios, for editors that check TOML",
          .examples = {{"terrella sim schema > scenario.schema.json",
                        "then, first in a scenario: #:schema ./scenario.schema.json"}},
          .run = RunSchema};
}

}  // namespace terrella::cli
