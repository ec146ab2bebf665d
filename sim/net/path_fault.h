// PathFault: something wrong between two parts of the world: no cable, or one that loses packets.
//
// A part is a continent or a country (world_part.h). A cut leads packets by way of a third place:
// the one of a list of large sites, outside both parts, that makes the shortest way. The model
// knows pairs of places and not cables: what the two halves of the way round run through is not
// asked.
//
// Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sim/net/gilbert.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/net/world_part.h"

namespace terrella::net {

struct PathFault {
  std::string a, b;               // the two parts
  std::optional<LossRates> loss;  // none: cut
  bool operator==(const PathFault&) const;
};

// Whether a path between the two countries, either way, has it.
bool IsBetween(const Places& places, const PathFault& fault, std::string_view country,
               std::string_view other_country);

// "EU-NA", "EU-NA:5%/3" or "country:SA-AF".
std::string PathFaultText(const PathFault& fault);
absl::StatusOr<PathFault> ParsePathFault(std::string_view text);

// Round trip of the shortest way round a cut between a client and a site on its two sides: the last
// miles of both are in it.
double DetourMs(const LatencyModel& model, const Places& places, const PathFault& cut,
                const Endpoint& client, const Endpoint& site);

// A path, as what is wrong leaves it.
struct FaultedPath {
  double rtt_ms = 0;
  LossRates loss;
};
// `detour_ms(cut)` gives the round trip instead of path.rtt_ms; it is never made shorter.
template <class DetourOf>
void ApplyFaults(const Places& places, std::span<const PathFault> faults, std::string_view country,
                 std::string_view site_country, FaultedPath& path, DetourOf&& detour_ms) {
  for (const PathFault& fault : faults) {
    if (!IsBetween(places, fault, country, site_country)) continue;
    if (fault.loss) {
      path.loss = PathLoss(path.loss, *fault.loss);
    } else {
      path.rtt_ms = std::max(path.rtt_ms, detour_ms(fault));
    }
  }
}

}  // namespace terrella::net
