// Packed bundles: a bundle as one file, for handing it from the process that made it to a node.
//
// The file is a serialized v1.PackedVersion; its name ends in ".worker". Assets stay where they
// are: the file says where. Warnings and what to watch stay with whoever made it.
//
// Thread: any.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bundle/bundle.h"

namespace terrella::bundle {

bool IsPacked(const std::filesystem::path& path);

// Replaces the file whole.
absl::Status SavePacked(const std::filesystem::path& path, const Bundle& bundle);

// InvalidArgument when it is no packed bundle, ResourceExhausted beyond a limit.
absl::StatusOr<Bundle> LoadPacked(const std::filesystem::path& path, const BundleLimits& limits);

}  // namespace terrella::bundle
