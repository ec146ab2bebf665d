// AssetsOptions: the table [assets] of a wrangler configuration or a terrella.toml.
//
//   directory = "public"                        # the files' folder
//   binding = "ASSETS"                          # env.ASSETS.fetch() gives a file
//   html_handling = "auto-trailing-slash"       # force-trailing-slash, drop-trailing-slash, none
//   not_found_handling = "404-page"             # single-page-application, none
//   run_worker_first = ["/api/*", "!/api/doc/*"]  # or true, false
//
// Thread: any; pure functions.
#pragma once

#include <string>

#include "base/config.h"
#include "terrella/v1/assets.pb.h"

namespace terrella::bundle {

struct AssetsOptions {
  std::string directory;    // within the project
  std::string binding;      // empty: none
  v1::StaticAssets assets;  // how they are served; nothing of their content
};

// Errors are recorded in the table.
AssetsOptions ReadAssetsOptions(ConfigTable& table);

// "/api/*" or "!/api/doc/*" of run_worker_first.
absl::Status CheckWorkerFirstPath(std::string_view pattern);

}  // namespace terrella::bundle
