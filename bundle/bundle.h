// Bundle: one worker read from disk, ready to be uploaded or served.
//
// A bundle is a single module file, or a folder with an optional terrella.toml (see manifest.h).
// Every file of the folder whose extension is known is a module, named by its path from the folder;
// hidden files, node_modules and the project files of package managers are left out. Compiling is
// not done here, nor is bundling of TypeScript or npm packages.
//
// Thread: any; plain functions over the file system.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bundle/manifest.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

struct BundleLimits {
  size_t bundle_bytes_max = 25u << 20;  // all modules together
  size_t modules_max = 1000;
  size_t depth_max = 16;  // folders below folders
  ManifestLimits manifest;
};

struct LoadOptions {
  std::string name;                                       // overrides the manifest's and the path's
  std::vector<std::pair<std::string, std::string>> vars;  // --var K=V; replace the manifest's
  BundleLimits limits;
};

struct Bundle {
  v1::Version version;                       // with id and hashes, without inline bytes
  std::map<std::string, std::string> blobs;  // content by raw SHA-256
  std::vector<std::string> routes;           // as the manifest gives them; may be empty
  std::vector<std::filesystem::path>
      watch;  // files and folders that, when changed, change the bundle
  size_t total_bytes = 0;
};

// NotFound, InvalidArgument (bad manifest, no entry module, name) or ResourceExhausted (beyond a
// limit), each with a text meant for the person who typed `path`.
absl::StatusOr<Bundle> LoadBundle(const std::filesystem::path& path,
                                  const LoadOptions& options = {});

// How a file is imported, by its extension; nothing when it is not a module.
std::optional<v1::ModuleKind> ModuleKindOf(std::string_view file_name);

// "K=V" of a command line; the value may hold further '='.
absl::StatusOr<std::pair<std::string, std::string>> ParseVar(std::string_view text);

}  // namespace terrella::bundle
