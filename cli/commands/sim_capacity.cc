// sim capacity: the highest load at which a network keeps its promises.
#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/sim_study.h"
#include "sim/engine/engine.h"
#include "sim/scenario/population.h"
#include "sim/scenario/selection.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr double kRateMax = 20e6;     // requests a second
constexpr double kRequestsMax = 3e6;  // of one run, by a shorter time
constexpr Duration kShortest = milliseconds(500);
constexpr double kPrecision = 1.02;  // between the answer and what breaks a promise

struct Trial {
  double rate_per_s = 0;
  StudyFigures figures;
  std::string broken;  // the first promise; "" when all hold
  double actual = 0;   // of that one
};

class Search {
 public:
  Search(const VirtualSetup& setup, std::vector<sim::Assertion> promises, double rate_max,
         const std::atomic<bool>& stop)
      : setup_(setup), promises_(std::move(promises)), rate_max_(rate_max), stop_(stop) {}

  // The trials in their order; the highest that holds is the answer.
  absl::StatusOr<std::vector<Trial>> Go(Invocation& in) {
    double holds = 0, breaks = 0;
    double rate = std::min(setup_.scenario.clients.rate_per_s, rate_max_);
    std::vector<Trial> trials;
    while (holds == 0 || breaks == 0 || breaks / holds > kPrecision) {
      ASSIGN_OR_RETURN(Trial trial, Try(rate, trials.size() + 1, in));
      (trial.broken.empty() ? holds : breaks) = rate;
      trials.push_back(std::move(trial));
      if (breaks == 0) {
        if (rate >= rate_max_) break;
        rate = std::min(4 * rate, rate_max_);
      } else if (holds == 0) {
        rate /= 4;
        if (rate < 0.1) break;
      } else {
        rate = std::sqrt(holds * breaks);
      }
    }
    return trials;
  }

 private:
  absl::StatusOr<Trial> Try(double rate_per_s, size_t number, Invocation& in) {
    if (stop_) return Cancelled("interrupted");
    in.out.Progress(fmt::format("trial {}: {:.0f} requests/s", number, rate_per_s));
    sim::Scenario scenario = setup_.scenario;
    scenario.clients.rate_per_s = rate_per_s;
    if (sim::IsSteady(scenario)) {
      const Duration enough = std::max(FromMs(1000 * kRequestsMax / rate_per_s), kShortest);
      scenario.duration = std::min(scenario.duration, enough);
    }
    ASSIGN_OR_RETURN(const sim::Results results,
                     sim::RunVirtually(scenario, setup_.engine_world(), setup_.options, &stop_));
    Trial trial{.rate_per_s = rate_per_s, .figures = FiguresOf(results)};
    for (const sim::Assertion& promise : promises_) {
      const double actual = results.Value(promise, scenario);
      if (promise.Holds(actual)) continue;
      trial.broken = promise.text;
      trial.actual = actual;
      break;
    }
    return trial;
  }

  const VirtualSetup& setup_;
  const std::vector<sim::Assertion> promises_;
  const double rate_max_;
  const std::atomic<bool>& stop_;
};

// What --slo says, or the scenario's own assertions. How many requests there are is no promise.
absl::StatusOr<std::vector<sim::Assertion>> PromisesOf(const Invocation& in,
                                                       const sim::Scenario& scenario,
                                                       const net::Places& places) {
  std::vector<sim::Assertion> out;
  for (const std::string& text : in.args.All("--slo")) {
    ASSIGN_OR_RETURN(sim::Assertion promise, sim::ParseAssertion(text));
    RETURN_IF_ERROR(sim::CheckAssertion(promise, scenario, places));
    if (promise.of_baseline) {
      return InvalidArgument("'{}' needs an earlier run; expected a number, e.g. 'p95_ms < 100'",
                             text);
    }
    out.push_back(std::move(promise));
  }
  for (const sim::Assertion& assertion : scenario.assertions) {
    const bool count = assertion.metric == sim::Metric::kRequests ||
                       assertion.metric == sim::Metric::kErrorCount ||
                       assertion.metric == sim::Metric::kMixedVersions;
    if (in.args.All("--slo").empty() && !count && !assertion.of_baseline) {
      out.push_back(assertion);
    }
  }
  if (out.empty()) {
    return InvalidArgument("no promise to keep; expected --slo, e.g. --slo 'p95_ms < 100'");
  }
  return out;
}

const Trial* Highest(const std::vector<Trial>& trials) {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (trial.broken.empty() && (best == nullptr || trial.rate_per_s > best->rate_per_s)) {
      best = &trial;
    }
  }
  return best;
}

// The lowest that broke a promise.
const Trial* Limit(const std::vector<Trial>& trials) {
  const Trial* least = nullptr;
  for (const Trial& trial : trials) {
    if (!trial.broken.empty() && (least == nullptr || trial.rate_per_s < least->rate_per_s)) {
      least = &trial;
    }
  }
  return least;
}

Json ToJson(const std::vector<Trial>& trials, const std::string& name,
            const std::vector<MonthlyCost>& costs) {
  const Trial *best = Highest(trials), *limit = Limit(trials);
  Json rows = Json::array();
  for (const Trial& trial : trials) {
    Json row = {{"rate_per_s", trial.rate_per_s}};
    row.update(ToJson(trial.figures));
    row["broken"] = trial.broken.empty() ? Json() : Json(trial.broken);
    rows.push_back(std::move(row));
  }
  return {{"name", name},
          {"capacity_per_s", best == nullptr ? Json() : Json(best->rate_per_s)},
          {"limited_by", limit == nullptr ? Json() : Json(limit->broken)},
          {"trials", std::move(rows)},
          {"costs", ToJson(costs)}};
}

void PrintText(Invocation& in, const std::vector<Trial>& trials) {
  using enum TextTable::Align;
  TextTable table({{"REQUESTS/S", kRight},
                   {"ERRORS", kRight},
                   {"P50 MS", kRight},
                   {"P95 MS", kRight},
                   {"P99 MS", kRight},
                   {"BREAKS"}});
  std::vector<Trial> sorted = trials;
  std::sort(sorted.begin(), sorted.end(),
            [](const Trial& a, const Trial& b) { return a.rate_per_s < b.rate_per_s; });
  for (const Trial& trial : sorted) {
    table.AddRow(
        {fmt::format("{:.0f}", trial.rate_per_s), PercentText(trial.figures.error_share),
         MsText(trial.figures.p50_ms), MsText(trial.figures.p95_ms), MsText(trial.figures.p99_ms),
         trial.broken.empty() ? "" : fmt::format("{} ({:.4g})", trial.broken, trial.actual)});
  }
  in.out.Write(table.ToString());
}

ExitCode Run(Invocation& in) {
  const StopOnInterrupt stop;
  ExitCode code = ExitCode::kOk;
  const std::optional<VirtualSetup> setup = PrepareVirtual(in, stop.raised(), &code);
  if (!setup) return code;
  auto promises = PromisesOf(in, setup->scenario, *setup->world.places);
  if (!promises.ok()) {
    return in.out.Fail(ExitCode::kUsage, "sim capacity: {}", Message(promises.status()));
  }
  // A run of the least time must be within the engine's limits.
  const double requests = sim::ExpectedRequests(setup->scenario, *setup->world.places);
  const double most = sim::IsSteady(setup->scenario)
                          ? kRateMax
                          : static_cast<double>(sim::EngineLimits().requests_max) *
                                setup->scenario.clients.rate_per_s / requests;
  const double rate_max =
      std::min(static_cast<double>(in.args.Number("--rate-max", 1'000'000)), most);
  const auto trials = Search(*setup, *std::move(promises), rate_max, stop.raised()).Go(in);
  in.out.ClearProgress();
  if (stop.raised()) return in.out.Fail(ExitCode::kInterrupted, "interrupted");
  if (!trials.ok()) return in.out.FailLine(ExitCode::kFailed, Message(trials.status()));
  const Trial *best = Highest(*trials), *limit = Limit(*trials);
  sim::Scenario at_best = setup->scenario;
  if (best != nullptr) at_best.clients.rate_per_s = best->rate_per_s;
  const auto costs = MonthlyCosts(in, at_best, *setup->world.places, setup->options);
  if (!costs.ok()) return in.out.FailLine(ExitCode::kFailed, Message(costs.status()));
  if (in.out.json()) {
    in.out.Data("{}", ToJson(*trials, setup->scenario.name, *costs).dump(2));
  } else {
    PrintText(in, *trials);
  }
  if (best == nullptr) {
    return in.out.Fail(ExitCode::kFailed, "no load keeps it: {}", limit->broken);
  }
  in.out.Talk("{:.0f} requests/s {}", best->rate_per_s,
              limit == nullptr
                  ? "and more keep every promise"
                  : fmt::format("keep every promise; a little more breaks {}", limit->broken));
  TellCosts(in, *costs);
  return ExitCode::kOk;
}

}  // namespace

Command SimCapacityCommand() {
  Command command{
      .name = "sim capacity",
      .group = "Scenarios",
      .summary = "find the highest load that keeps a scenario's promises, in virtual time",
      .details =
          "Runs the scenario by events at ever other rates, until the highest that keeps every\n"
          "promise is known within 2 %. What limits it are queues at nodes, each with one\n"
          "processor for its worker. Where nothing changes with time (no timeline, no rate by\n"
          "the hour) a run ends after 3 million requests, so a slight overload has little time to\n"
          "grow. Exits 1 when no load keeps the promises.",
      .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
      .flags = {{.name = "--slo",
                 .value = "ASSERTION",
                 .help = "a promise, e.g. 'p99_ms.EU < 200'; without, the scenario's assertions",
                 .repeatable = true},
                {.name = "--rate-max",
                 .value = "N",
                 .help = "requests a second to stop at (default 1000000)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 20'000'000},
                PriceTableFlag()},
      .examples = {{"terrella sim capacity scenarios/world-tour.toml --slo 'p95_ms < 300'",
                    "how many requests a second thirty PoPs carry"}},
      .run = Run};
  for (Flag& flag : VirtualFlags()) command.flags.push_back(std::move(flag));
  return command;
}

}  // namespace terrella::cli
