// Esbuild: TypeScript, JSX and npm packages made into one JavaScript module by the npm package
// esbuild.
//
// The program is the project's own (node_modules) when it is new enough, else a pinned version that
// npm fetches once into a cache; npm and Node.js are needed for nothing else. Text, data and
// WebAssembly stay modules of their own beside the one of JavaScript. node:* and cloudflare:*
// modules are left to the nodes.
//
// Thread: any; blocks while the program runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bundle/glob.h"
#include "bundle/wrangler.h"

namespace terrella::bundle {

inline constexpr std::string_view kEsbuildVersion = "0.28.2";

// Where the program is. $TERRELLA_ESBUILD wins. Unavailable when it would have to be fetched and
// cannot be; the text says what to do.
absl::StatusOr<std::filesystem::path> FindEsbuild(const std::filesystem::path& project);

struct EsbuildJob {
  std::filesystem::path project;  // its folder; names in errors and source maps are relative to it
  std::string entry;              // within it: "src/index.ts"
  BuildOptions options;
  bool node_modules = false;  // bare names of Node.js's modules mean node:*
  bool development = false;   // process.env.NODE_ENV
};

struct EsbuildOutput {
  struct File {
    std::string name;  // "index.js", "page-3F9A.html"
    v1::ModuleKind kind = v1::MODULE_KIND_ESM;
    std::string content;
  };
  std::vector<File> files;   // the entry's module first, then its source map, then the rest
  bool has_exports = false;  // else it is a script
  std::vector<std::filesystem::path> inputs;  // the project's own sources
  std::string warnings;                       // as esbuild printed them; empty: none
};

// InvalidArgument with esbuild's own words (file:line:column) when the code cannot be bundled.
absl::StatusOr<EsbuildOutput> RunEsbuild(const EsbuildJob& job);

// The names of Node.js's modules, without "node:".
std::vector<std::string> NodeModuleNames();

}  // namespace terrella::bundle
