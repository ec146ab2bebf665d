// LoadInternet: the Internet a program runs on. What people imported when both of its halves are
// there, a graph and footprints of real networks; else a synthetic one.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "sim/bgp/internet.h"

namespace terrella::bgp {

struct InternetSource {
  std::filesystem::path graph;      // an image that AsGraph::Save wrote; may be missing
  std::filesystem::path footprint;  // data/as_footprint.bin; may be missing
  uint32_t ases = 2'000;            // of the synthetic one
  uint64_t seed = 1;
};

// DataLoss when a file is there and not what it should be; never without users.
absl::StatusOr<std::shared_ptr<const Internet>> LoadInternet(std::shared_ptr<const Hubs> hubs,
                                                             const InternetSource& source);

}  // namespace terrella::bgp
