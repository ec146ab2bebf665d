// Files read and replaced whole: a reader sees the old content or the new, never half of either.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace terrella {

// NotFound when there is no such file, ResourceExhausted when it is larger than `bytes_max`.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path,
                                     size_t bytes_max = size_t{1} << 30);

// Everything in a folder, in the order of the names. UNAVAILABLE when it cannot be listed.
absl::StatusOr<std::vector<std::filesystem::path>> ListFolder(const std::filesystem::path& folder);

// Writes a temporary file beside `path`, syncs it, and renames it over `path`; creates the folder.
// `private_to_user`: nobody else may read it (0600).
absl::Status WriteFileAtomic(const std::filesystem::path& path, std::string_view content,
                             bool private_to_user = false);

}  // namespace terrella
