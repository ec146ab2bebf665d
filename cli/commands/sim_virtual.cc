// sim run --virtual: a scenario without a cluster.
#include "base/status.h"
#include "cli/commands/sim_common.h"
#include "cli/commands/sim_setup.h"
#include "cli/commands/virtual_watch.h"
#include "sim/engine/engine.h"
#include "sim/engine/sampled_run.h"
#include "sim/scenario/population.h"
#include "sim/scenario/selection.h"

namespace terrella::cli {
namespace {

// What a sampled run does not know, and an assertion asks for.
void TellWhatIsMissing(Invocation& in, const sim::Scenario& scenario, bool sampled) {
  for (const sim::Assertion& assertion : scenario.assertions) {
    if (assertion.metric == sim::Metric::kMixedVersions) {
      in.out.Talk("note: in virtual time no answer is mixed from two versions; '{}' says nothing",
                  assertion.text);
    }
    if (sampled && sim::NeedsSamples(assertion)) {
      in.out.Talk("note: a sampled run keeps no requests; '{}' has no value there", assertion.text);
    }
  }
}

absl::StatusOr<sim::Results> Go(const VirtualSetup& setup, bool sampled,
                                const std::atomic<bool>& stop, RunFeed* feed) {
  sim::EngineProgress progress;
  std::optional<VirtualWatch> watch;
  if (feed != nullptr) watch.emplace(*feed, progress);
  return sampled ? sim::SampleVirtually(setup.scenario, setup.engine_world(), setup.options, &stop)
                 : sim::RunVirtually(setup.scenario, setup.engine_world(), setup.options, &stop, {},
                                     &progress);
}

}  // namespace

ExitCode RunVirtualScenario(Invocation& in) {
  const bool sampled = in.args.Has("--sampled");
  if (sampled && in.args.Has("--log")) {
    return in.out.Fail(ExitCode::kUsage,
                       "sim run: --log needs requests, a --sampled run keeps none");
  }
  std::optional<ClusterRecord> watched;  // who is told
  if (in.args.Has("--watch")) {
    absl::StatusOr<ClusterRecord> record = RunningCluster(in);
    if (!record.ok()) return in.out.Fail(record.status());
    watched = *std::move(record);
  }
  const StopOnInterrupt stop;
  ExitCode code = ExitCode::kOk;
  const std::optional<VirtualSetup> setup = PrepareVirtual(in, stop.raised(), &code);
  if (!setup) return code;
  const sim::Scenario& scenario = setup->scenario;
  in.out.Talk(
      "{}: {:.0f} s in virtual time, {} PoPs, {} cities, {:.0f} requests/s", scenario.name,
      ToMs(scenario.duration) / 1000, setup->options.pops.size(), scenario.clients.cities.size(),
      sim::ExpectedRequests(scenario, *setup->world.places) / (ToMs(scenario.duration) / 1000));
  TellWhatIsMissing(in, scenario, sampled);
  const std::string how = fmt::format("{} PoPs, in virtual time{}", setup->options.pops.size(),
                                      sampled ? ", sampled" : "");
  std::optional<RunFeed> feed;
  if (watched) feed.emplace(in, *watched, scenario, how, RunsOn::kVirtualTime);
  const auto results = Go(*setup, sampled, stop.raised(), feed ? &*feed : nullptr);
  if (!results.ok()) return in.out.FailLine(ExitCode::kFailed, Message(results.status()));
  return ReportResults(in, scenario, *results, how, stop.raised(), feed ? &*feed : nullptr);
}

}  // namespace terrella::cli
