// What the studies of scenarios share: runs under other settings, figures as rows, costs.
#pragma once

#include <atomic>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands/prices.h"
#include "cli/commands/sim_setup.h"
#include "sim/scenario/results.h"

namespace terrella::cli {

struct StudyFigures {
  uint64_t requests = 0, errors = 0;
  double error_share = 0;
  double p50_ms = 0, p95_ms = 0, p99_ms = 0;
};
StudyFigures FiguresOf(const sim::Results& results);
nlohmann::ordered_json ToJson(const StudyFigures& figures);

// The scenario as a sampled run asks it: in the same time at such a rate that about `requests`
// come.
sim::Scenario SampledScenario(const sim::Scenario& scenario, const net::Places& places,
                              double requests);

// What a month at the scenario's mean rate costs by the price table's plans.
struct MonthlyCost {
  std::string plan, currency, source, read;
  double amount = 0;
};
absl::StatusOr<std::vector<MonthlyCost>> MonthlyCosts(const Invocation& in,
                                                      const sim::Scenario& scenario,
                                                      const net::Places& places,
                                                      const sim::EngineOptions& options);
nlohmann::ordered_json ToJson(const std::vector<MonthlyCost>& costs);
void TellCosts(Invocation& in, const std::vector<MonthlyCost>& costs);

// --price-table, --requests.
Flag PriceTableFlag();
Flag SampledRequestsFlag();
constexpr int64_t kSampledRequests = 2'000'000;

// "21.3", or "-" of nothing.
std::string MsText(double ms);
std::string PercentText(double share);

}  // namespace terrella::cli
