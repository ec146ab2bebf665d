// Work on a cluster's state that the control_plane program does by itself and ends: it knows the
// store. Beside the control plane that serves, or in the place of all of them.
//
// Thread: main.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "cli/cluster/programs.h"
#include "cli/cluster/record.h"
#include "cli/commands/invocation.h"

namespace terrella::cli {

// Runs it with one more flag; its line of JSON. FailedPrecondition has what it said instead.
absl::StatusOr<nlohmann::ordered_json> RunControlTool(const Invocation& in,
                                                      const ClusterRecord& record,
                                                      const Programs& programs,
                                                      const std::string& flag);

// The same while no control plane of the cluster runs; those that did are started again, whatever
// came of it. `who`: for who waits for the cluster's lock.
absl::StatusOr<nlohmann::ordered_json> RunControlToolAlone(Invocation& in, const std::string& who,
                                                           const std::string& flag);

}  // namespace terrella::cli
