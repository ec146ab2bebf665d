// UnpackFootprint: reads the packed form of footprints (as_footprint.h has the format) that
// scripts/data/build writes.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace terrella::bgp {

// The words of the footprint, not checked beyond what unpacking needs. DataLoss "expected ...".
absl::StatusOr<std::vector<uint32_t>> UnpackFootprint(std::string_view bytes);

}  // namespace terrella::bgp
