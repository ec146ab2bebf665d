// Typical: one real request that stands for many: of the people of a continent and a way of being
// led, the one whose felt time is nearest to their median, and where its time went.
//
// Chosen from the requests that keep their phases (scenario/phases.h), so it is a request that
// happened, and an event log of the run has it; a sampled run keeps no log. A continent with few of
// a long run may have none.
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/results.h"

namespace terrella::sim {

struct Typical {
  std::string region;  // "Europe"
  Steering steering = Steering::kDns;
  double due_s = 0;  // since the start
  std::string city, country, pop;
  double felt_ms = 0;
  Phases phases;
};

// By continent, then by steering.
std::vector<Typical> TypicalRequests(const Results& results);

}  // namespace terrella::sim
