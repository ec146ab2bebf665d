// sim chaos: random faults by seed over the virtual network, held to invariants.
#include <filesystem>

#include "base/file.h"
#include "base/status.h"
#include "cli/commands/commands.h"
#include "cli/commands/sim_study.h"
#include "sim/chaos/chaos.h"
#include "sim/scenario/parse.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

// Where the failure of a seed can be replayed from: beside the scenario, whose relative paths hold.
std::filesystem::path ReplayFile(const Invocation& in, uint64_t seed) {
  const std::filesystem::path file = in.args.Text("FILE");
  return file.parent_path() / fmt::format("{}-chaos-{}.toml", file.stem().string(), seed);
}

absl::Status WriteReplay(const Invocation& in, const VirtualSetup& setup,
                         const sim::ChaosFailure& failure) {
  const std::filesystem::path file = ReplayFile(in, failure.seed);
  ASSIGN_OR_RETURN(const std::string text,
                   ReadFile(in.args.Text("FILE"), sim::ScenarioLimits().file_bytes_max));
  const std::string replay = sim::ReplayText(text, failure);
  // It must say what it should before it is anybody's.
  ASSIGN_OR_RETURN(const sim::Scenario read,
                   sim::ParseScenario(replay, file.string(), *setup.world.places, "edge.test"));
  if (read.seed != failure.seed ||
      read.timeline.size() != setup.scenario.timeline.size() + failure.minimal.size()) {
    return Internal("{} would not replay seed {}; expected its timeline as [[timeline]] tables",
                    file.string(), failure.seed);
  }
  return WriteFileAtomic(file, replay);
}

Json ToJson(const Invocation& in, const sim::ChaosOutcome& outcome, uint64_t first_seed) {
  Json failures = Json::array();
  for (const sim::ChaosFailure& failure : outcome.failures) {
    Json faults = Json::array(), violations = Json::array();
    for (const sim::TimelineEvent& fault : failure.minimal) {
      faults.push_back({{"at_ms", ToMs(fault.at)},
                        {"action", sim::ActionName(fault.action)},
                        {"target", fault.target}});
      if (HasAmount(fault.action)) faults.back()["by_ms"] = ToMs(fault.by);
    }
    for (const sim::Violation& violation : failure.violations) {
      violations.push_back({{"invariant", violation.invariant}, {"detail", violation.detail}});
    }
    failures.push_back({{"seed", failure.seed},
                        {"file", ReplayFile(in, failure.seed).string()},
                        {"drawn_faults", failure.drawn.size()},
                        {"faults", std::move(faults)},
                        {"violations", std::move(violations)}});
  }
  return {{"first_seed", first_seed},
          {"seeds", outcome.seeds},
          {"faults", outcome.faults},
          {"requests", outcome.requests},
          {"answered", outcome.answered},
          {"failed", outcome.failed},
          {"given_up", outcome.given_up},
          {"kv",
           {{"writes", outcome.kv_writes},
            {"reads", outcome.kv_reads},
            {"stale_reads", outcome.stale_reads}}},
          {"broken", std::move(failures)}};
}

void PrintText(Invocation& in, const sim::ChaosOutcome& outcome, uint64_t first_seed) {
  in.out.Data("seeds {} to {}: {} faults, {} requests = {} answered + {} failed + {} given up",
              first_seed, first_seed + outcome.seeds - 1, outcome.faults, outcome.requests,
              outcome.answered, outcome.failed, outcome.given_up);
  if (outcome.kv_writes + outcome.kv_reads > 0) {
    in.out.Data("KV: {} writes and {} reads were judged, {} of these were stale", outcome.kv_writes,
                outcome.kv_reads, outcome.stale_reads);
  }
  for (const sim::ChaosFailure& failure : outcome.failures) {
    in.out.Data("{} {} faults shrunk to {}:",
                in.out.DataStyled(Style::kRed, fmt::format("seed {}", failure.seed)),
                failure.drawn.size(), failure.minimal.size());
    for (const sim::TimelineEvent& fault : failure.minimal) {
      in.out.Data("  {:.1f} s  {}", ToMs(fault.at) / 1000, EventText(fault));
    }
    for (const sim::Violation& violation : failure.violations) {
      in.out.Data("  {}: {}", violation.invariant, violation.detail);
    }
    in.out.Data("  replay: terrella sim chaos {} --seeds 1 --first-seed {} --faults 0",
                ReplayFile(in, failure.seed).string(), failure.seed);
  }
}

ExitCode Run(Invocation& in) {
  const StopOnInterrupt stop;
  ExitCode code = ExitCode::kOk;
  const std::optional<VirtualSetup> setup = PrepareVirtual(in, stop.raised(), &code);
  if (!setup) return code;
  const auto first_seed = static_cast<uint64_t>(in.args.Number("--first-seed", 1));
  const auto seeds = static_cast<size_t>(in.args.Number("--seeds", 1000));
  const auto faults = static_cast<size_t>(in.args.Number("--faults", 12));
  const bool control = in.args.Has("--control-faults");
  const sim::ChaosOptions options{
      .first_seed = first_seed,
      .seeds = seeds,
      .faults = {.faults_min = std::min<size_t>(faults, 1),
                 .faults_max = faults,
                 .rollouts = true,
                 .control = control,
                 .disks_and_clocks = in.args.Has("--disk-and-clock-faults")},
      .on_progress =
          [&](size_t done) { in.out.Progress(fmt::format("{} of {} seeds", done, seeds)); },
      .stop = &stop.raised()};
  const auto outcome =
      sim::RunChaos(setup->scenario, setup->engine_world(), setup->options, options);
  in.out.ClearProgress();
  if (!outcome.ok()) return in.out.FailLine(ExitCode::kFailed, Message(outcome.status()));
  for (const sim::ChaosFailure& failure : outcome->failures) {
    if (const absl::Status written = WriteReplay(in, *setup, failure); !written.ok()) {
      return in.out.FailLine(ExitCode::kFailed, Message(written));
    }
  }
  if (in.out.json()) {
    in.out.Data("{}", ToJson(in, *outcome, first_seed).dump(2));
  } else {
    PrintText(in, *outcome, first_seed);
  }
  if (stop.raised()) return in.out.Fail(ExitCode::kInterrupted, "interrupted");
  if (!outcome->failures.empty()) {
    return in.out.Fail(ExitCode::kFailed, "{} of {} seeds break an invariant",
                       outcome->failures.size(), outcome->seeds);
  }
  return ExitCode::kOk;
}

}  // namespace

Command SimChaosCommand() {
  Command command{
      .name = "sim chaos",
      .group = "Scenarios",
      .summary = "run a scenario under random faults, and hold it to invariants",
      .details =
          "Each seed draws other arrivals and other faults (kills, starts, drains, deploys at once "
          "and in waves) "
          "beside\n"
          "the scenario's own timeline, and runs in virtual time. Of every request must hold: it\n"
          "ended exactly once; no node answers that was drained longer than resolvers keep "
          "answers\n"
          "or routes take to be withdrawn, and none that is dead; nobody fails for a death longer\n"
          "ago than that, or is told that no node serves while one does; its version was "
          "deployed;\n"
          "of a scenario that asks KV, no acknowledged write is lost and no read too old.\n"
          "A seed that breaks one is shrunk to the fewest faults that still do, and written "
          "beside\n"
          "FILE as a scenario; then the command exits 1. It ends after three such seeds.",
      .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
      .flags = {{.name = "--seeds",
                 .value = "N",
                 .help = "how many (default 1000)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 1'000'000},
                {.name = "--first-seed",
                 .value = "N",
                 .help = "where they begin (default 1)",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 1'000'000'000'000},
                {.name = "--faults",
                 .value = "N",
                 .help = "the most a seed draws (default 12); 0: the scenario's own only",
                 .kind = ValueKind::kNumber,
                 .min = 0,
                 .max = 200},
                {.name = "--control-faults",
                 .help =
                     "also cut nodes off and kill the control plane; steering and nodes are then "
                     "held to what they have heard of"},
                {.name = "--disk-and-clock-faults",
                 .help = "also make disks slow and clocks wrong"}},
      .examples =
          {{"terrella sim chaos scenarios/world-tour.toml --seeds 1000", "a thousand bad days"},
           {"terrella sim chaos scenarios/frankfurt-goes-dark.toml --first-seed 42 --seeds 1",
            "one of them again"}},
      .run = Run};
  for (Flag& flag : VirtualFlags()) command.flags.push_back(std::move(flag));
  return command;
}

}  // namespace terrella::cli
