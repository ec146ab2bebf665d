// ProjectEnv: what a project's workers find in env, without building anything.
//
// Thread: any.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::bundle {

struct ProjectEnv {
  std::filesystem::path folder;
  std::filesystem::path config;  // wrangler.toml, ..., terrella.toml
  std::string main_module;
  std::vector<std::vector<v1::Binding>> environments;  // the top, then each [env.NAME]
  std::vector<std::string> secrets;                    // names in .dev.vars and its like
};

// `path` is the folder or the configuration. NotFound when there is none.
absl::StatusOr<ProjectEnv> ReadProjectEnv(const std::filesystem::path& path);

}  // namespace terrella::bundle
