// Trace: who asked for what when, once, to be asked again: the arrivals of a scenario as a file of
// lines instead of a draw.
//
//   ms,place,path
//   0,Lagos,/
//   12.5,DE,/prices?of=bread        # somebody in Germany, cities by their Internet users
//
// Times are since the start and rise. A place is a city, or a part of the world (world_part.h). A
// path is of the scenario's first host; one that no [[request]] has is asked for as the first
// [[request]] is.
//
// Thread: plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "sim/net/places.h"

namespace terrella::sim {

struct Scenario;

struct TraceRow {
  Duration due{};
  net::CityId city = 0;
  uint32_t request = 0;  // index into Scenario::requests
};

struct Trace {
  std::string file;  // as the scenario names it
  std::vector<TraceRow> rows;
};

struct TraceLimits {
  size_t file_bytes_max = 64 << 20;
  size_t rows_max = 1'000'000;
  size_t kinds_max = 1000;  // of requests, with those of the scenario
};

// Gives a scenario that names a trace its rows, and the cities and kinds of request they have.
// InvalidArgument "file:line: what was expected".
absl::Status ReadTrace(std::string_view text, std::string_view file_name, const net::Places& places,
                       Scenario& scenario, const TraceLimits& limits = {});

}  // namespace terrella::sim
