// sim bisect: the smallest set of PoPs that keeps a goal for a share of the people.
#include <algorithm>

#include "base/status.h"
#include "cli/app/text_table.h"
#include "cli/commands/commands.h"
#include "cli/commands/sim_study.h"
#include "cli/study/goal.h"
#include "cli/study/pop_order.h"
#include "sim/engine/sampled_run.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Trial {
  size_t pops = 0;
  double share = 0;  // of the people for whom the goal holds
  bool holds = false;
};

struct Found {
  bool reached = false;
  std::vector<net::PopSite> pops;
  double share = 0;
  std::vector<Trial> trials;
  std::vector<std::pair<std::string, double>> without;  // a PoP, and the share without it
};

// Asks the same people of ever other sets of PoPs.
class Search {
 public:
  Search(const VirtualSetup& setup, const sim::Assertion& goal, double wanted, double requests,
         const std::atomic<bool>& stop)
      : setup_(setup),
        goal_(goal),
        wanted_(wanted),
        scenario_(SampledScenario(setup.scenario, *setup.world.places, requests)),
        stop_(stop) {
    // A request takes two round trips on a new connection; a goal that is no time knows no
    // distance.
    const bool time = sim::MetricName(goal.metric).ends_with("_ms");
    order_ = OrderByGain(setup.options.pops, scenario_, setup.engine_world(),
                         time ? goal.value / 2 : 50);
  }

  absl::StatusOr<Found> Go(Invocation& in) {
    Found found;
    size_t low = 0, high = order_.size();  // `low` do not keep it, `high` do
    ASSIGN_OR_RETURN(Trial last, Try(First(high), in, found));
    found.reached = last.holds;
    while (found.reached && high - low > 1) {
      const size_t middle = low + (high - low) / 2;
      ASSIGN_OR_RETURN(const Trial trial, Try(First(middle), in, found));
      (trial.holds ? high : low) = middle;
      if (trial.holds) last = trial;
    }
    found.pops = First(high);
    found.share = last.share;
    if (found.reached) RETURN_IF_ERROR(Prune(in, found));
    return found;
  }

 private:
  std::vector<net::PopSite> First(size_t count) const {
    return {order_.begin(), order_.begin() + static_cast<ptrdiff_t>(count)};
  }

  absl::StatusOr<Trial> Try(std::vector<net::PopSite> pops, Invocation& in, Found& found) {
    if (stop_) return Cancelled("interrupted");
    in.out.Progress(fmt::format("trial {}: {} PoPs", found.trials.size() + 1, pops.size()));
    sim::EngineOptions options = setup_.options;
    options.pops = std::move(pops);
    ASSIGN_OR_RETURN(const sim::Results results,
                     sim::SampleVirtually(scenario_, setup_.engine_world(), options, &stop_));
    const double share = ShareWithin(goal_, scenario_, results);
    found.trials.push_back(
        {.pops = options.pops.size(), .share = share, .holds = share >= wanted_});
    return found.trials.back();
  }

  // Drops every PoP that is not needed, the last ones first, so that in the end none is.
  absl::Status Prune(Invocation& in, Found& found) {
    for (size_t i = found.pops.size(); i-- > 0 && found.pops.size() > 1;) {
      std::vector<net::PopSite> fewer = found.pops;
      fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
      ASSIGN_OR_RETURN(const Trial trial, Try(fewer, in, found));
      if (trial.holds) {
        found.pops = std::move(fewer);
        found.share = trial.share;
      } else {
        found.without.emplace_back(found.pops[i].iata, trial.share);
      }
    }
    // Those that others once made spare are not in it any more.
    std::erase_if(found.without, [&](const auto& row) {
      return std::none_of(found.pops.begin(), found.pops.end(),
                          [&](const net::PopSite& pop) { return pop.iata == row.first; });
    });
    return absl::OkStatus();
  }

  const VirtualSetup& setup_;
  const sim::Assertion& goal_;
  const double wanted_;
  const sim::Scenario scenario_;
  const std::atomic<bool>& stop_;
  std::vector<net::PopSite> order_;
};

Json ToJson(const Found& found, const std::string& name, const sim::Assertion& goal, double wanted,
            const std::vector<MonthlyCost>& costs) {
  Json pops = Json::array(), trials = Json::array(), without = Json::array();
  for (const net::PopSite& pop : found.pops) {
    pops.push_back({{"pop", pop.iata}, {"city", pop.city}, {"country", pop.country}});
  }
  for (const Trial& trial : found.trials) {
    trials.push_back({{"pops", trial.pops}, {"goal_share", trial.share}, {"holds", trial.holds}});
  }
  for (const auto& [pop, share] : found.without) {
    without.push_back({{"pop", pop}, {"goal_share", share}});
  }
  return {{"name", name},
          {"goal", goal.text},
          {"wanted_share", wanted},
          {"reached", found.reached},
          {"count", found.pops.size()},
          {"goal_share", found.share},
          {"sites", std::move(pops)},
          {"without", std::move(without)},
          {"trials", std::move(trials)},
          {"costs", ToJson(costs)}};
}

void PrintText(Invocation& in, const Found& found, const sim::Assertion& goal) {
  using enum TextTable::Align;
  TextTable table({{"POP"}, {"CITY"}, {"", kLeft}, {"WITHOUT IT", kRight}});
  for (const net::PopSite& pop : found.pops) {
    const auto without = std::find_if(found.without.begin(), found.without.end(),
                                      [&](const auto& row) { return row.first == pop.iata; });
    table.AddRow({pop.iata, pop.city, pop.country,
                  without == found.without.end() ? "" : PercentText(without->second)});
  }
  in.out.Write(table.ToString());
  in.out.Talk("{} PoPs keep {} for {} of the people ({} runs)", found.pops.size(), goal.text,
              PercentText(found.share), found.trials.size());
}

ExitCode Run(Invocation& in) {
  const auto goal = ParseGoal(in.args.Text("--goal", "p95_ms < 100"));
  if (!goal.ok()) return in.out.Fail(ExitCode::kUsage, "sim bisect: {}", Message(goal.status()));
  const double wanted = static_cast<double>(in.args.Number("--people", 90)) / 100;
  const StopOnInterrupt stop;
  ExitCode code = ExitCode::kOk;
  const std::optional<VirtualSetup> setup = PrepareVirtual(in, stop.raised(), &code, "world-308");
  if (!setup) return code;
  const auto costs = MonthlyCosts(in, setup->scenario, *setup->world.places, setup->options);
  if (!costs.ok()) return in.out.FailLine(ExitCode::kFailed, Message(costs.status()));
  Search search(*setup, *goal, wanted,
                static_cast<double>(in.args.Number("--requests", kSampledRequests)), stop.raised());
  const absl::StatusOr<Found> found = search.Go(in);
  in.out.ClearProgress();
  if (stop.raised()) return in.out.Fail(ExitCode::kInterrupted, "interrupted");
  if (!found.ok()) return in.out.FailLine(ExitCode::kFailed, Message(found.status()));
  if (in.out.json()) {
    in.out.Data("{}", ToJson(*found, setup->scenario.name, *goal, wanted, *costs).dump(2));
  }
  if (!found->reached) {
    return in.out.Fail(ExitCode::kFailed, "all {} PoPs keep {} for {} of the people only",
                       found->pops.size(), goal->text, PercentText(found->share));
  }
  if (!in.out.json()) {
    PrintText(in, *found, *goal);
    TellCosts(in, *costs);
  }
  return ExitCode::kOk;
}

}  // namespace

Command SimBisectCommand() {
  Command command{
      .name = "sim bisect",
      .group = "Scenarios",
      .summary = "find the smallest set of PoPs that keeps a goal for most people",
      .details =
          "Sites are put in the order in which each next one brings most people near; how many of\n"
          "them it takes is found by halving, then every one is dropped that the others spare.\n"
          "So no single PoP of the answer can go; that no other set is smaller is not proved.\n"
          "Runs are sampled, in virtual time. Exits 1 when all PoPs together do not keep the goal.",
      .positionals = {{.name = "FILE", .kind = ValueKind::kFile}},
      .flags = {{.name = "--goal",
                 .value = "METRIC<VALUE",
                 .help = "what must hold of a city (default 'p95_ms < 100')"},
                {.name = "--people",
                 .value = "PERCENT",
                 .help = "for how many of them (default 90)",
                 .kind = ValueKind::kNumber,
                 .min = 1,
                 .max = 100},
                SampledRequestsFlag(),
                PriceTableFlag()},
      .examples =
          {{"terrella sim bisect scenarios/world-tour.toml --goal 'p95_ms < 80' --people 90",
            "the PoPs that the people of this scenario need"},
           {"terrella sim bisect scenarios/world-tour.toml --preset world-100",
            "of the hundred largest sites only"}},
      .run = Run};
  for (Flag& flag : VirtualFlags("world-308")) command.flags.push_back(std::move(flag));
  return command;
}

}  // namespace terrella::cli
