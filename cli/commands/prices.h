// PricePlan: what a provider asks for requests and CPU time, from a price table (data/prices.toml).
//
// Thread: any; values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "terrella/v1/stats.pb.h"

namespace terrella::cli {

struct PricePlan {
  std::string name;
  std::string currency;
  double per_million_requests = 0;
  double per_million_cpu_ms = 0;
  std::string source;  // a URL
  std::string read;    // YYYY-MM-DD
  std::string note;

  // Of these requests, beyond what a plan includes. Runs of scheduled() are requests.
  double CostOf(const v1::StatsRow& row) const;
};

// Errors name file, line and column.
absl::StatusOr<std::vector<PricePlan>> ReadPrices(const std::filesystem::path& path);

}  // namespace terrella::cli
