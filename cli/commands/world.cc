#include "cli/commands/world.h"

#include "base/status.h"
#include "sim/net/data_dir.h"

namespace terrella::cli {

absl::StatusOr<World> LoadWorld() {
  World world;
  ASSIGN_OR_RETURN(const std::filesystem::path data, net::FindDataDir());
  ASSIGN_OR_RETURN(world.places, net::Places::Load(data));
  ASSIGN_OR_RETURN(world.latency, net::LatencyModel::Load(data));
  return world;
}

}  // namespace terrella::cli
