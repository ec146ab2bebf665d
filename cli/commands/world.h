// World: the network model as commands need it, loaded once a command.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"

namespace terrella::cli {

struct World {
  std::shared_ptr<const net::Places> places;
  std::shared_ptr<const net::LatencyModel> latency;
};

// From the folder net::FindDataDir finds.
absl::StatusOr<World> LoadWorld();

}  // namespace terrella::cli
