// Goal: what a study wants of cities: "p95_ms < 80", for a share of the people.
//
// Pure.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "sim/scenario/assertion.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::cli {

// As an assertion without a selector, of a metric that a city has. InvalidArgument says what was
// expected.
absl::StatusOr<sim::Assertion> ParseGoal(std::string_view text);
// The share of the scenario's people, by the weights of their cities, who live where it holds.
// Cities that nobody asked from count as ones where it does not.
double ShareWithin(const sim::Assertion& goal, const sim::Scenario& scenario,
                   const sim::Results& results);

}  // namespace terrella::cli
