// Reading a scenario's file: every value checked, every error with file:line:column. Ranges are
// those of the table of the language (language.h).
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "sim/net/places.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

struct ScenarioLimits {
  size_t file_bytes_max = 1 << 20;
  size_t cities_max = 5'000;
  size_t assertions_max = 1'000;
};

// `zone` completes request hosts ("hello" becomes "hello.edge.test").
absl::StatusOr<Scenario> ParseScenario(std::string_view text, std::string_view file_name,
                                       const net::Places& places, std::string_view zone,
                                       const ScenarioLimits& limits = {});

}  // namespace terrella::sim
