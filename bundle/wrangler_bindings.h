// The bindings of a wrangler configuration: what each key becomes in a worker's env.
//
// Thread: any; pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "bundle/wrangler.h"

namespace terrella::bundle {

// Keys of bindings that hold for the environment they stand in and are not inherited.
std::vector<std::string> WranglerBindingKeys();

// Reads every such key of `table` (an environment, or the top) into `out`. Wrong values are
// recorded in the table's file.
void ReadWranglerBindings(ConfigTable& table, const ManifestLimits& limits, WranglerConfig& out);

}  // namespace terrella::bundle
