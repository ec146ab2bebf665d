// A folder of static assets, read: every file named by its hash, and what _headers and _redirects
// say.
//
// The contents stay on the disk: a bundle knows where each is, and whoever needs one reads it.
//
// Thread: any; blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "bundle/asset_rules.h"
#include "bundle/bundle.h"

namespace terrella::bundle {

struct AssetLimits {
  size_t files_max = 20'000;
  size_t file_bytes_max = 25u << 20;
  size_t depth_max = 32;  // folders below folders
  size_t path_bytes_max = 1024;
  size_t manifest_bytes_max = 8u << 20;
  size_t rules_bytes_max = 4u << 20;  // of _headers, and of _redirects
  AssetRuleLimits rules;
};

// Sets the bundle's assets. Errors are for the person whose project it is, and name the file.
absl::Status AddAssets(const std::filesystem::path& project, const AssetsOptions& options,
                       Bundle& bundle, const AssetLimits& limits = {});

}  // namespace terrella::bundle
