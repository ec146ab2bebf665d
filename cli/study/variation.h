// Variation: a field of a scenario or of its network, and the values that a study gives it.
//
//   pops=10..100        ten values, evenly from 10 to 100
//   pops=10..30:5       10, 15, 20, 25, 30
//   loss=0,0.5,2        these
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/engine/options.h"
#include "sim/net/places.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

constexpr size_t kVariationValuesMax = 1'000;

struct Variation {
  std::string field;
  std::vector<double> values;  // at least one; within the field's bounds
};

// The fields there are: "pops", "rate", ... with what they mean, for help.
struct VariedField {
  std::string_view name, unit, meaning;
  double min = 0, max = 0;
  bool whole = false;
  bool needs_events = false;  // means nothing where requests do not meet
};
const std::vector<VariedField>& VariedFields();
const VariedField* FindVariedField(std::string_view name);

// InvalidArgument says what was expected, with a suggestion for a misspelt field.
absl::StatusOr<Variation> ParseVariation(std::string_view text);
// Sets the field, which ParseVariation knows, to a value within its bounds.
absl::Status Vary(std::string_view field, double value, const net::Places& places,
                  sim::Scenario& scenario, sim::EngineOptions& options);

}  // namespace terrella::cli
