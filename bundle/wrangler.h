// WranglerConfig: what a project's wrangler.toml, wrangler.json or wrangler.jsonc says.
//
// The keys are wrangler's. One environment may be chosen: some keys of [env.NAME] then replace
// those at the top, and others (vars, bindings) hold for their environment alone. What nodes cannot
// do, and what nobody knows, becomes one warning for each key; a wrong type or value is an error
// with its place. A binding of a kind that nodes do not have is kept: its use is an error that
// names it.
//
// Thread: any; pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bundle/manifest.h"
#include "bundle/module_rules.h"

namespace terrella::bundle {

// How the code becomes modules.
struct BuildOptions {
  bool no_bundle = false;                // take the files as they are
  bool find_additional_modules = false;  // add every file below base_dir that a rule matches
  std::string base_dir;                  // of those; empty: the entry's folder
  bool minify = false;
  bool keep_names = true;
  std::string tsconfig;                                     // empty: the nearest tsconfig.json
  std::string jsx_factory;                                  // empty: React.createElement
  std::string jsx_fragment;                                 // empty: React.Fragment
  std::vector<std::pair<std::string, std::string>> define;  // identifier, JavaScript expression
  std::vector<std::pair<std::string, std::string>> alias;   // package, what is meant instead
  std::vector<ModuleRule> rules;                            // in order; the defaults follow
  std::string command;             // run by the shell before everything else; empty: none
  std::string command_cwd;         // of it, within the project
  std::vector<std::string> watch;  // folders whose change means building again, besides the sources
};

struct WranglerConfig {
  Manifest manifest;
  BuildOptions build;
  std::string site_bucket;  // of Workers Sites: a folder within the project; empty: none
  // Service-worker syntax: NAME, file within the project, and how it is read.
  struct FileBinding {
    std::string name;
    std::string path;
    v1::ModuleKind kind;
  };
  std::vector<FileBinding> files;
  std::vector<std::string> environments;  // names of [env.NAME]
  std::vector<std::string> warnings;      // each with the place it is about
};

enum class WranglerSyntax { kToml, kJson };

// `environment` is empty for none. Errors are InvalidArgument with "file:line:column: what was
// expected".
absl::StatusOr<WranglerConfig> ParseWrangler(std::string_view text, std::string_view file_name,
                                             WranglerSyntax syntax, std::string_view environment,
                                             const ManifestLimits& limits = {});

}  // namespace terrella::bundle
