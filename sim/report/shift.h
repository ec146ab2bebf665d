// Shift: whom an event of the timeline moved: the cities whose requests another PoP answered
// afterwards, and what that cost them.
//
// The run is cut at its events; each less than a second after the one before it is one with it. A
// city has moved when the PoP that answered it most before the cut gives less than half the share
// of its answers after it, and another one gives the most: less is what two equal routes do without
// anybody's help. Deploys, rollouts and the names of phases move nobody and cut nothing. A sampled
// run keeps no requests, so it has no shifts.
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/results.h"

namespace terrella::sim {

constexpr size_t kShiftsMax = 16;          // later events of a run are not looked at
constexpr size_t kMovesPerShiftMax = 500;  // those with the most requests

struct Move {
  net::CityId city = 0;
  std::string name, country;
  Steering steering = Steering::kDns;
  std::string from, to;                // PoPs
  double before_ms = 0, after_ms = 0;  // medians of what either answered
  uint64_t requests = 0;               // that were answered after the cut
  double added_ms() const { return after_ms - before_ms; }
};

struct Shift {
  double at_s = 0, until_s = 0;
  std::string what;         // "kill FRA"; "kill FRA, kill AMS"
  uint64_t moved = 0;       // cities by steering, of which `moves` lists some
  std::vector<Move> moves;  // by falling number of requests
};

// By time; without those that moved nobody.
std::vector<Shift> ShiftsOf(const Results& results, Duration duration);

}  // namespace terrella::sim
