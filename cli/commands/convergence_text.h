// How fast a change reached the nodes, in words and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "terrella/v1/deployments.pb.h"

namespace terrella::cli {

// "half in 121 ms, 99 % in 298 ms; AS 9 in 298 ms, EU 8 in 43 ms"; "" when no times are known.
std::string ArrivalText(const v1::Convergence& state);

// Keys `acked_ms` ({"p50", "p99"}, null when not known) and `regions`, to be printed with others.
void AddArrival(const v1::Convergence& state, nlohmann::ordered_json& json);

}  // namespace terrella::cli
