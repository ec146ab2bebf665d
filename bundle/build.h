// Build: from a project's entry to the modules of a bundle.
//
// A project whose modules import each other by relative paths is taken as it is, and needs neither
// npm nor Node.js. One in TypeScript or JSX, or with packages of npm, is bundled by esbuild
// (esbuild.h). Which of the two is found by following the imports.
//
// Thread: any; blocks.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "bundle/bundle.h"
#include "bundle/wrangler.h"

namespace terrella::bundle {

struct BuildJob {
  std::filesystem::path project;  // folder
  std::string entry;              // within it: "src/index.ts"
  BuildOptions options;
  bool node_modules = false;  // see EsbuildJob
  bool development = false;
  // Files that are taken as they are bring the whole folder along, imported or not.
  bool whole_folder = false;
};

// Adds the modules and the main one to `bundle`, and what to watch. InvalidArgument and
// ResourceExhausted are for the person whose project it is; Unavailable when esbuild is needed and
// cannot be had.
absl::Status BuildModules(const BuildJob& job, const BundleLimits& limits, Bundle& bundle);

// Runs the project's own build command (BuildOptions::command), when there is one.
absl::Status RunBuildCommand(const std::filesystem::path& project, const BuildOptions& options);

// Whether the file is TypeScript or JSX, by its extension.
bool NeedsCompiling(const std::filesystem::path& file);

}  // namespace terrella::bundle
