// A project of wrangler on disk: its configuration, what stands beside it, and its code.
//
// Thread: any; blocks.
#pragma once

#include <filesystem>

#include "absl/status/status.h"
#include "bundle/bundle.h"

namespace terrella::bundle {

// The folder's wrangler.json, wrangler.jsonc or wrangler.toml, in this order; "" when it has none.
std::filesystem::path FindWranglerConfig(const std::filesystem::path& folder);
bool IsWranglerConfig(const std::filesystem::path& file);

// Reads the configuration and, when developing, .dev.vars (or .dev.vars.ENVIRONMENT); runs the
// build command; bundles. Errors are those of LoadBundle.
absl::Status LoadWranglerProject(const std::filesystem::path& folder,
                                 const std::filesystem::path& config, const LoadOptions& options,
                                 Bundle& bundle);

}  // namespace terrella::bundle
