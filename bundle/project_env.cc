#include "bundle/project_env.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "bundle/dev_vars.h"
#include "bundle/manifest.h"
#include "bundle/wrangler.h"
#include "bundle/wrangler_project.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMax = 256 << 10;

absl::Status ReadSecrets(const fs::path& folder, ProjectEnv& env) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name == ".dev.vars" || name.starts_with(".dev.vars.")) files.push_back(it->path());
  }
  if (files.empty() && fs::exists(folder / ".env", error)) files.push_back(folder / ".env");
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (file.extension() == ".example") continue;
    ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kFileBytesMax));
    ASSIGN_OR_RETURN(const DevVars vars, ParseDevVars(text, file.string()));
    for (const auto& [name, value] : vars) env.secrets.push_back(name);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProjectEnv> ReadProjectEnv(const fs::path& path) {
  std::error_code error;
  ProjectEnv env;
  const bool is_folder = fs::is_directory(path, error);
  env.folder = is_folder ? path : path.has_parent_path() ? path.parent_path() : fs::path(".");
  env.config = is_folder ? FindWranglerConfig(path) : path;
  if (env.config.empty()) env.config = path / "terrella.toml";
  absl::StatusOr<std::string> text = ReadFile(env.config, kFileBytesMax);
  if (absl::IsNotFound(text.status())) {
    return NotFound("{}: no wrangler.toml, wrangler.json, wrangler.jsonc or terrella.toml",
                    env.folder.string());
  }
  RETURN_IF_ERROR(text.status());
  if (!IsWranglerConfig(env.config)) {
    ASSIGN_OR_RETURN(Manifest manifest, ParseManifest(*text, env.config.string()));
    env.main_module = manifest.main_module;
    env.environments.push_back(std::move(manifest.bindings));
    return env;
  }
  const WranglerSyntax syntax =
      env.config.extension() == ".toml" ? WranglerSyntax::kToml : WranglerSyntax::kJson;
  ASSIGN_OR_RETURN(WranglerConfig top, ParseWrangler(*text, env.config.string(), syntax, ""));
  env.main_module = top.manifest.main_module;
  env.environments.push_back(std::move(top.manifest.bindings));
  for (const std::string& name : top.environments) {
    ASSIGN_OR_RETURN(WranglerConfig one, ParseWrangler(*text, env.config.string(), syntax, name));
    env.environments.push_back(std::move(one.manifest.bindings));
  }
  RETURN_IF_ERROR(ReadSecrets(env.folder, env));
  return env;
}

}  // namespace terrella::bundle
