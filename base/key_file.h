// A secret key in a file of its own, which nobody but its owner may read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace terrella {

// What is in `file`: `bytes` bytes, made of randomness and written with mode 0600 when there is no
// such file. FailedPrecondition when others may read it; DataLoss when it has another size.
absl::StatusOr<std::string> OpenKeyFile(const std::filesystem::path& file, size_t bytes);

}  // namespace terrella
