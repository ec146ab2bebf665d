// sim sweep: one scenario under every combination of some settings.
#include <algorithm>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/sim_study.h"
#include "cli/study/goal.h"
#include "cli/study/variation.h"
#include "sim/engine/engine.h"
#include "sim/engine/sampled_run.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr size_t kRunsMax = 2'000;

struct Sweep {
  std::vector<Variation> variations;
  std::optional<sim::Assertion> goal;
  bool by_events = false;
  double requests = 0;  // of a sampled run
};

struct Row {
  std::vector<double> values;  // by variation
  StudyFigures figures;
  std::optional<double> within;  // the goal
};

absl::StatusOr<Sweep> ReadSweep(const Invocation& in) {
  Sweep out{.by_events = in.args.Has("--by-events"),
            .requests = static_cast<double>(in.args.Number("--requests", kSampledRequests))};
  size_t runs = 1;
  for (const std::string& text : in.args.All("--vary")) {
    ASSIGN_OR_RETURN(Variation variation, ParseVariation(text));
    runs *= variation.values.size();
    if (runs > kRunsMax) return InvalidArgument("more than {} runs", kRunsMax);
    out.by_events |= FindVariedField(variation.field)->needs_events;
    out.variations.push_back(std::move(variation));
  }
  if (out.variations.empty()) return InvalidArgument("expected --vary, e.g. --vary pops=10..100");
  if (const auto text = in.args.Find("--goal")) {
    ASSIGN_OR_RETURN(out.goal, ParseGoal(*text));
  }
  return out;
}

absl::StatusOr<Row> RunRow(const VirtualSetup& setup, const Sweep& sweep,
                           std::vector<double> values, const std::atomic<bool>& stop) {
  sim::Scenario scenario =
      sweep.by_events ? setup.scenario
                      : SampledScenario(setup.scenario, *setup.world.places, sweep.requests);
  sim::EngineOptions options = setup.options;
  for (size_t i = 0; i < values.size(); ++i) {
    RETURN_IF_ERROR(
        Vary(sweep.variations[i].field, values[i], *setup.world.places, scenario, options));
  }
  ASSIGN_OR_RETURN(const sim::Results results,
                   sweep.by_events
                       ? sim::RunVirtually(scenario, setup.engine_world(), options, &stop)
                       : sim::SampleVirtually(scenario, setup.engine_world(), options, &stop));
  Row row{.values = std::move(values), .figures = FiguresOf(results)};
  if (sweep.goal) row.within = ShareWithin(*sweep.goal, scenario, results);
  return row;
}

// Every combination, the last variation fastest.
std::vector<std::vector<double>> Combinations(const std::vector<Variation>& variations) {
  std::vector<std::vector<double>> out{{}};
  for (const Variation& variation : variations) {
    std::vector<std::vector<double>> longer;
    for (const std::vector<double>& before : out) {
      for (const double value : variation.values) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    }
    out = std::move(longer);
  }
  return out;
}

Json ToJson(const Sweep& sweep, const std::vector<Row>& rows, const std::string& name,
            const std::vector<MonthlyCost>& costs) {
  Json out_rows = Json::array();
  for (const Row& row : rows) {
    Json settings = Json::array();
    for (size_t i = 0; i < row.values.size(); ++i) {
      settings.push_back({{"field", sweep.variations[i].field}, {"value", row.values[i]}});
    }
    Json one = {{"settings", std::move(settings)}};
    one.update(ToJson(row.figures));
    one["goal_share"] = row.within ? Json(*row.within) : Json();
    out_rows.push_back(std::move(one));
  }
  return {{"name", name},
          {"how", sweep.by_events ? "events" : "samples"},
          {"goal", sweep.goal ? Json(sweep.goal->text) : Json()},
          {"rows", std::move(out_rows)},
          {"costs", ToJson(costs)}};
}

void PrintTable(Invocation& in, const Sweep& sweep, const std::vector<Row>& rows) {
  using enum TextTable::Align;
  std::vector<TextTable::Column> columns;
  for (const Variation& variation : sweep.variations) {
    std::string title = variation.field;
    std::transform(title.begin(), title.end(), title.begin(), ::toupper);
    columns.push_back({title, kRight});
  }
  for (const char* title : {"REQUESTS", "ERRORS", "P50 MS", "P95 MS", "P99 MS"}) {
    columns.push_back({title, kRight});
  }
  if (sweep.goal) columns.push_back({"PEOPLE WITHIN", kRight});
  TextTable table(std::move(columns));
  for (const Row& row : rows) {
    std::vector<std::string> cells;
    for (const double value : row.values) cells.push_back(fmt::format("{:g}", value));
    const StudyFigures& figures = row.figures;
    cells.insert(cells.end(),
                 {std::to_string(figures.requests), PercentText(figures.error_share),
                  MsText(figures.p50_ms), MsText(figures.p95_ms), MsText(figures.p99_ms)});
    if (row.within) cells.push_back(PercentText(*row.within));
    table.AddRow(std::move(cells));
  }
  in.out.Write(table.ToString());
}

ExitCode Run(Invocation& in) {
  const absl::StatusOr<Sweep> sweep = ReadSweep(in);
  if (!sweep.ok()) {
    return in.out.Fail(ExitCode::kUsage, "sim sweep: {}", Message(sweep.status()));
  }
  const StopOnInterrupt stop;
  ExitCode code = ExitCode::kOk;
  const std::optional<VirtualSetup> setup = PrepareVirtual(in, stop.raised(), &code);
  if (!setup) return code;
  const auto costs = MonthlyCosts(in, setup->scenario, *setup->world.places, setup->options);
  if (!costs.ok()) return in.out.FailLine(ExitCode::kFailed, Message(costs.status()));
  std::vector<Row> rows;
  const auto combinations = Combinations(sweep->variations);
  for (const std::vector<double>& values : combinations) {
    in.out.Progress(fmt::format("run {} of {}", rows.size() + 1, combinations.size()));
    absl::StatusOr<Row> row = RunRow(*setup, *sweep, values, stop.raised());
    if (stop.raised()) break;
    if (!row.ok()) return in.out.FailLine(ExitCode::kFailed, Message(row.status()));
    rows.push_back(*std::move(row));
  }
  in.out.ClearProgress();
  if (in.out.json()) {
    in.out.Data("{}", ToJson(*sweep, rows, setup->scenario.name, *costs).dump(2));
  } else {
    PrintTable(in, *sweep, rows);
    TellCosts(in, *costs);
  }
  if (stop.raised()) return in.out.Fail(ExitCode::kInterrupted, "interrupted");
  return ExitCode::kOk;
}

}  // namespace

Command SimSweepCommand() {
  std::string fields;
  for (const VariedField& field : VariedFields()) {
    fields += fmt::format("\n  {:12} {}{}", field.name, field.meaning,
                          field.unit.empty() ? "" : fmt::format(" ({})", field.unit));
  }
  Command command{
      .name = "sim sweep",
      .group = "Scenarios",
      .summary = "run a scenario under a range of settings, in virtual time",
      .details =
          "Prints a line for every combination of the values. FIELD=A..B takes ten values,\n"
          "FIELD=A..B:STEP those a step apart, FIELD=A,B,C these. Runs are sampled: requests\n"
          "do not meet, and rate and cpu mean nothing; varying these, or --by-events, runs\n"
          "by events, at the scenario's rate.\n\nFields:" +
          fields,
      .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
      .flags = {{.name = "--vary",
                 .value = "FIELD=VALUES",
                 .help = "what to vary; give it again for every combination",
                 .repeatable = true},
                {.name = "--goal",
                 .value = "METRIC<VALUE",
                 .help = "also say for how many people it holds, e.g. 'p95_ms < 80'"},
                {.name = "--by-events", .help = "with queues and cold isolates; slower"},
                SampledRequestsFlag(),
                PriceTableFlag()},
      .examples = {{"terrella sim sweep scenarios/world-tour.toml --vary pops=10..100",
                    "what more PoPs buy"},
                   {"terrella sim sweep scenarios/world-tour.toml --vary loss=0,1,3 --vary "
                    "pops=12,100 --goal 'p95_ms < 300'",
                    "every combination of both, and who is well served"}},
      .run = Run};
  for (Flag& flag : VirtualFlags()) command.flags.push_back(std::move(flag));
  return command;
}

}  // namespace terrella::cli
