#include "sim/chaos/chaos.h"

#include <algorithm>
#include <thread>

#include "base/signed_duration.h"
#include "base/status.h"
#include "bundle/rollout_plan.h"
#include "sim/chaos/shrink.h"
#include "sim/engine/engine.h"
#include "sim/engine/worker_pool.h"
#include "sim/scenario/kv_results.h"

namespace terrella::sim {
namespace {

constexpr size_t kBlock = 64;  // seeds between two looks at `stop` and `failures_max`

struct SeedOutcome {
  absl::Status status;
  std::vector<TimelineEvent> faults;
  uint64_t requests = 0, failed = 0, given_up = 0, rolled_back = 0;
  KvSummary kv;
  std::vector<Violation> violations;
};

class Runner {
 public:
  Runner(const Scenario& scenario, const EngineWorld& world, const EngineOptions& engine,
         const ChaosOptions& options)
      : scenario_(scenario), world_(world), engine_(engine), options_(options) {
    engine_.threads = 1;  // seeds run beside each other
  }

  SeedOutcome RunSeed(uint64_t seed) const {
    return RunWith(DrawFaults(scenario_, engine_.pops, seed, options_.faults), seed);
  }

  SeedOutcome RunWith(std::vector<TimelineEvent> faults, uint64_t seed) const {
    SeedOutcome out{.faults = std::move(faults)};
    const Scenario scenario = WithFaults(scenario_, out.faults, seed);
    const absl::StatusOr<Results> results = RunVirtually(scenario, world_, engine_);
    out.status = results.status();
    if (!results.ok()) return out;
    out.requests = results->samples().size();
    out.given_up = results->by_failure()[static_cast<size_t>(Failure::kTimeout)];
    out.failed = out.requests - out.given_up - results->by_failure()[0];
    for (const EventRecord& event : results->events()) {
      out.rolled_back += event.action == kRolledBack;
    }
    if (results->kv() != nullptr) out.kv = results->kv()->Summarize();
    out.violations = FindViolations(scenario, engine_, *results);
    return out;
  }

  // Shrunk by the first invariant it breaks, so that another one does not take its place.
  ChaosFailure Explain(uint64_t seed, const SeedOutcome& outcome) const {
    const std::string broken = outcome.violations.front().invariant;
    const auto breaks = [&](const std::vector<TimelineEvent>& faults) {
      const SeedOutcome run = RunWith(faults, seed);
      return std::any_of(run.violations.begin(), run.violations.end(),
                         [&](const Violation& v) { return v.invariant == broken; });
    };
    ChaosFailure failure{.seed = seed, .drawn = outcome.faults};
    failure.minimal = Shrink(outcome.faults, breaks);
    failure.violations = RunWith(failure.minimal, seed).violations;
    return failure;
  }

 private:
  const Scenario& scenario_;
  const EngineWorld& world_;
  EngineOptions engine_;
  const ChaosOptions& options_;
};

// Everything before the first table: where a root key may stand.
size_t RootEnd(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = text.find_first_not_of(" \t", at);
    if (begin != std::string_view::npos && text[begin] == '[') return at;
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return text.size();
}

// Without the line that sets `key` at the root.
std::string WithoutRootKey(std::string_view text, std::string_view key) {
  const size_t root = RootEnd(text);
  for (size_t at = 0; at < root;) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    std::string_view line = text.substr(at, end - at);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.starts_with(key)) {
      const std::string_view rest = line.substr(key.size());
      if (rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size())).starts_with('=')) {
        return std::string(text.substr(0, at)) + std::string(text.substr(end));
      }
    }
    at = end;
  }
  return std::string(text);
}

// As a basic string of TOML.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

absl::StatusOr<ChaosOutcome> RunChaos(const Scenario& scenario, const EngineWorld& world,
                                      const EngineOptions& engine, const ChaosOptions& options) {
  if (engine.pops.empty()) return InvalidArgument("expected at least one PoP");
  const Runner runner(scenario, world, engine, options);
  WorkerPool pool(engine.threads > 0
                      ? engine.threads
                      : std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  ChaosOutcome out;
  while (out.seeds < options.seeds && out.failures.size() < options.failures_max &&
         !(options.stop != nullptr && *options.stop)) {
    const uint64_t first = options.first_seed + out.seeds;
    std::vector<SeedOutcome> block(std::min(kBlock, options.seeds - out.seeds));
    pool.ForEach(block.size(), [&](size_t i) { block[i] = runner.RunSeed(first + i); });
    for (size_t i = 0; i < block.size() && out.failures.size() < options.failures_max; ++i) {
      const SeedOutcome& run = block[i];
      RETURN_IF_ERROR(run.status);
      ++out.seeds;
      out.faults += run.faults.size();
      out.requests += run.requests;
      out.failed += run.failed;
      out.given_up += run.given_up;
      out.rolled_back += run.rolled_back;
      out.kv_writes += run.kv.writes;
      out.kv_reads += run.kv.reads;
      out.stale_reads += run.kv.stale;
      out.answered += run.requests - run.failed - run.given_up;
      if (!run.violations.empty()) out.failures.push_back(runner.Explain(first + i, run));
    }
    if (options.on_progress) options.on_progress(out.seeds);
  }
  return out;
}

std::string ReplayText(std::string_view text, const ChaosFailure& failure) {
  std::string out = fmt::format("# Seed {} of chaos, {} faults shrunk to {}. It breaks:\n",
                                failure.seed, failure.drawn.size(), failure.minimal.size());
  for (const Violation& violation : failure.violations) {
    out += fmt::format("#   {}: {}\n", violation.invariant, violation.detail);
    if (out.size() > 1000) break;
  }
  out += fmt::format("seed = {}\n", failure.seed) + WithoutRootKey(text, "seed");
  if (!out.ends_with('\n')) out += '\n';
  for (const TimelineEvent& fault : failure.minimal) {
    out += fmt::format("\n[[timeline]]\nat = \"{}ms\"\n{} = {}\n",
                       std::chrono::duration_cast<std::chrono::milliseconds>(fault.at).count(),
                       ActionName(fault.action), Quoted(fault.target));
    if (HasAmount(fault.action)) out += fmt::format("by = \"{}\"\n", SignedDurationText(fault.by));
    if (!fault.script.empty()) out += fmt::format("name = {}\n", Quoted(fault.script));
    if (fault.rollout) out += bundle::RolloutPlanText(*fault.rollout, "timeline.rollout.");
  }
  return out;
}

}  // namespace terrella::sim
