// Bundle: one worker read from disk, ready to be uploaded or served.
//
// What is read may be
//   - a file of JavaScript or TypeScript, with what it imports;
//   - a folder with a terrella.toml (manifest.h) or without any manifest: every file whose
//   extension is
//     known is a module, named by its path from the folder. Hidden files, node_modules and the
//     project files of package managers are left out;
//   - a project of wrangler: a folder with a wrangler.toml, .json or .jsonc (wrangler.h), or that
//   file. A
//     terrella.toml beside it may say what wrangler has no word for: origins, limits, rollout;
//   - a packed bundle: one file that holds all of it (packed.h).
// Code that needs compiling or imports packages is bundled by esbuild on the way (build.h).
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
  std::string environment;                                // of a project of wrangler: [env.NAME]
  bool development = false;  // takes .dev.vars, and tells packages that this is not production
  BundleLimits limits;
};

struct Bundle {
  v1::Version version;                       // with id and hashes, without inline bytes
  std::map<std::string, std::string> blobs;  // content by raw SHA-256, but that of assets
  std::map<std::string, std::filesystem::path> asset_files;  // where that is, by raw SHA-256
  std::filesystem::path asset_folder;      // absolute, they are below it; empty: there are none
  std::vector<std::string> routes;         // as the manifest gives them; may be empty
  std::optional<v1::RolloutPlan> rollout;  // as the manifest gives it
  std::vector<std::filesystem::path>
      watch;  // files and folders that, when changed, change the bundle
  size_t total_bytes = 0;
  std::vector<std::string> warnings;  // for the person whose project it is
};

// NotFound, InvalidArgument (bad manifest, no entry module, name) or ResourceExhausted (beyond a
// limit), each with a text meant for the person who typed `path`.
absl::StatusOr<Bundle> LoadBundle(const std::filesystem::path& path,
                                  const LoadOptions& options = {});

// Moves what a manifest says into the version, and reads its assets from below `folder`.
absl::Status ApplyManifest(const std::filesystem::path& folder, Manifest manifest, Bundle& bundle);

// Reads the files that origins name as their authorities.
absl::Status ReadAuthorities(const std::filesystem::path& folder, Bundle& bundle);

// Makes env.NAME a text, whatever it was.
void SetText(v1::Version& version, const std::string& name, const std::string& value);

// How a file is imported, by its extension; nothing when it is not a module.
std::optional<v1::ModuleKind> ModuleKindOf(std::string_view file_name);

// "K=V" of a command line; the value may hold further '='.
absl::StatusOr<std::pair<std::string, std::string>> ParseVar(std::string_view text);

}  // namespace terrella::bundle
