#include "cli/commands/sim_study.h"

#include <cmath>

#include "base/status.h"
#include "sim/net/data_dir.h"
#include "sim/scenario/population.h"

namespace terrella::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr double kMonthS = 30.0 * 24 * 3600;

}  // namespace

StudyFigures FiguresOf(const sim::Results& results) {
  const sim::Summary all = results.Summarize("");
  return {.requests = all.requests,
          .errors = all.errors,
          .error_share = all.error_share(),
          .p50_ms = sim::QuantileMs(all.felt_us, 0.50),
          .p95_ms = sim::QuantileMs(all.felt_us, 0.95),
          .p99_ms = sim::QuantileMs(all.felt_us, 0.99)};
}

Json ToJson(const StudyFigures& figures) {
  return {{"requests", figures.requests},       {"errors", figures.errors},
          {"error_share", figures.error_share}, {"p50_ms", figures.p50_ms},
          {"p95_ms", figures.p95_ms},           {"p99_ms", figures.p99_ms}};
}

sim::Scenario SampledScenario(const sim::Scenario& scenario, const net::Places& places,
                              double requests) {
  sim::Scenario out = scenario;
  out.clients.rate_per_s *= requests / sim::ExpectedRequests(scenario, places);
  return out;
}

absl::StatusOr<std::vector<MonthlyCost>> MonthlyCosts(const Invocation& in,
                                                      const sim::Scenario& scenario,
                                                      const net::Places& places,
                                                      const sim::EngineOptions& options) {
  std::filesystem::path table = in.args.Text("--price-table");
  if (table.empty()) {
    ASSIGN_OR_RETURN(const std::filesystem::path folder, net::FindDataDir());
    table = folder / "prices.toml";
  }
  ASSIGN_OR_RETURN(const std::vector<PricePlan> plans, ReadPrices(table));
  const std::vector<double> kinds = sim::ExpectedByKind(scenario, places);
  double requests = 0, cpu_ms = 0;
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    requests += kinds[kind];
    cpu_ms += kinds[kind] * static_cast<double>(options.services.front()[kind].cpu_ms);
  }
  const double runs = kMonthS / (ToMs(scenario.duration) / 1000);  // in a month
  v1::StatsRow month;
  month.set_requests(static_cast<uint64_t>(runs * requests));
  month.set_cpu_us(static_cast<uint64_t>(runs * cpu_ms * 1000));
  std::vector<MonthlyCost> out;
  for (const PricePlan& plan : plans) {
    out.push_back({.plan = plan.name,
                   .currency = plan.currency,
                   .source = plan.source,
                   .read = plan.read,
                   .amount = plan.CostOf(month)});
  }
  return out;
}

Json ToJson(const std::vector<MonthlyCost>& costs) {
  Json out = Json::array();
  for (const MonthlyCost& cost : costs) {
    out.push_back({{"plan", cost.plan},
                   {"currency", cost.currency},
                   {"monthly_cost", cost.amount},
                   {"source", cost.source},
                   {"read", cost.read}});
  }
  return out;
}

void TellCosts(Invocation& in, const std::vector<MonthlyCost>& costs) {
  for (const MonthlyCost& cost : costs) {
    in.out.Talk("{}: {:.2f} {} a month at this rate, by the prices of {} ({})", cost.plan,
                cost.amount, cost.currency, cost.read, cost.source);
  }
}

Flag PriceTableFlag() {
  return {.name = "--price-table",
          .value = "FILE",
          .help = "prices in the form of data/prices.toml, instead of these",
          .kind = ValueKind::kFile};
}

Flag SampledRequestsFlag() {
  return {.name = "--requests",
          .value = "N",
          .help = "how many each run draws (default 2000000)",
          .kind = ValueKind::kNumber,
          .min = 1000,
          .max = 1'000'000'000};
}

std::string MsText(double ms) {
  return std::isnan(ms) ? "-" : fmt::format("{:.1f}", ms);
}

std::string PercentText(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

}  // namespace terrella::cli
