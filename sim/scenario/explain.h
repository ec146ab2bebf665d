// Explain: a scenario in words: who asks, what goes wrong when, what is judged.
#pragma once

#include <string>

#include "sim/net/places.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// Lines of text, with a newline at the end.
std::string ExplainScenario(const Scenario& scenario, const net::Places& places);

}  // namespace terrella::sim
