// bzip2 unpacked in memory, up to a limit.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace terrella::bgp {

// Whether the bytes begin as a bzip2 stream does: "BZh" and a digit from 1 to 9.
bool IsBzip2(std::string_view bytes);

// All streams of the file, one after the other (as parallel packers write them). DataLoss when they
// are damaged or end early, ResourceExhausted beyond `bytes_max` unpacked.
absl::StatusOr<std::string> Bunzip2(std::string_view bytes, size_t bytes_max);

}  // namespace terrella::bgp
