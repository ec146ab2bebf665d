#include "bundle/bundle.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>

#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "bundle/asset_folder.h"
#include "bundle/build.h"
#include "bundle/compatibility.h"
#include "bundle/module_set.h"
#include "bundle/names.h"
#include "bundle/packed.h"
#include "bundle/version_id.h"
#include "bundle/wrangler_project.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestName = "terrella.toml";
constexpr std::array<std::string_view, 11> kDefaultMains = {
    "index.js",      "index.mjs", "worker.js", "main.js",      "src/index.js", "src/index.mjs",
    "src/worker.js", "index.ts",  "worker.ts", "src/index.ts", "src/worker.ts"};

// "My Worker_2" -> "my-worker-2"; "" when nothing is left.
std::string Slug(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u)) {
      out.push_back(static_cast<char>(std::tolower(u)));
    } else if (!out.empty() && out.back() != '-') {
      out.push_back('-');
    }
  }
  if (out.size() > 63) out.resize(63);
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

// The slug of a folder's own name, also when it is "" or ".".
std::string FolderSlug(const fs::path& folder) {
  std::error_code error;
  const fs::path inside = fs::absolute(folder / ".", error).lexically_normal();
  return Slug(inside.parent_path().filename().string());
}

bool IsFile(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// Files of the folder that could be meant by `main`.
std::vector<std::string> Sources(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::path& below : {fs::path(), fs::path("src")}) {
    std::error_code error;
    for (fs::directory_iterator it(folder / below, error), end; !error && it != end;
         it.increment(error)) {
      names.push_back((below / it->path().filename()).generic_string());
    }
  }
  return names;
}

// The entry module the manifest names, or the default one.
absl::StatusOr<std::string> ChooseMain(const fs::path& folder, std::string main) {
  if (main.empty()) {
    for (std::string_view candidate : kDefaultMains) {
      if (IsFile(folder / candidate)) return std::string(candidate);
    }
    return InvalidArgument("{}: no entry module: expected index.js, or 'main' in {}",
                           folder.string(), kManifestName);
  }
  main = fs::path(main).lexically_normal().generic_string();
  if (!IsFile(folder / main) || main.starts_with("../") || main.starts_with("/")) {
    const std::string near = Suggest(main, Sources(folder));
    return InvalidArgument("{}: entry module '{}' does not exist{}", folder.string(), main,
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  }
  if (ModuleKindOf(main) != v1::MODULE_KIND_ESM && !NeedsCompiling(main)) {
    return InvalidArgument(
        "{}: entry module '{}' is neither JavaScript (.js or .mjs) nor TypeScript", folder.string(),
        main);
  }
  return main;
}

bool WantsNode(const v1::Version& version) {
  const std::vector<std::string> flags(version.compatibility_flags().begin(),
                                       version.compatibility_flags().end());
  return ResolveCompatibility(version.compatibility_date(), flags).nodejs_compat;
}

absl::Status LoadFolder(const fs::path& folder, const LoadOptions& options, Bundle& bundle) {
  Manifest manifest;
  const fs::path manifest_path = folder / kManifestName;
  absl::StatusOr<std::string> text =
      ReadFile(manifest_path, options.limits.manifest.file_bytes_max);
  if (text.ok()) {
    ASSIGN_OR_RETURN(manifest,
                     ParseManifest(*text, manifest_path.string(), options.limits.manifest));
    bundle.watch.push_back(manifest_path);
  } else if (text.status().code() != absl::StatusCode::kNotFound) {
    return text.status();
  }
  const bool has_assets = manifest.assets.has_value();
  absl::StatusOr<std::string> main = ChooseMain(folder, manifest.main_module);
  if (!main.ok() && !(has_assets && manifest.main_module.empty())) return main.status();
  RETURN_IF_ERROR(ApplyManifest(folder, std::move(manifest), bundle));
  RETURN_IF_ERROR(ReadAuthorities(folder, bundle));
  bundle.watch.push_back(folder);
  if (main.ok()) {
    RETURN_IF_ERROR(BuildModules({.project = folder,
                                  .entry = *main,
                                  .node_modules = WantsNode(bundle.version),
                                  .development = options.development,
                                  .whole_folder = !has_assets},
                                 options.limits, bundle));
  }
  if (bundle.version.script().empty()) {
    bundle.version.set_script(FolderSlug(folder));
  }
  return absl::OkStatus();
}

absl::Status LoadFile(const fs::path& file, const LoadOptions& options, Bundle& bundle) {
  const std::string name = file.filename().string();
  if (ModuleKindOf(name) != v1::MODULE_KIND_ESM && !NeedsCompiling(file)) {
    return InvalidArgument("{}: expected JavaScript (.js or .mjs), TypeScript, or a folder",
                           file.string());
  }
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  RETURN_IF_ERROR(
      BuildModules({.project = folder, .entry = name, .development = options.development},
                   options.limits, bundle));
  bundle.watch.push_back(file);
  std::string script = Slug(file.stem().string());
  if (script == "index" || script == "worker" || script == "main") {
    script = FolderSlug(file.parent_path());
  }
  bundle.version.set_script(script);
  return absl::OkStatus();
}

absl::Status ApplyVars(const LoadOptions& options, v1::Version& version) {
  for (const auto& [name, value] : options.vars) {
    RETURN_IF_ERROR(CheckBindingName(name));
    if (value.size() > options.limits.manifest.binding_bytes_max) {
      return ResourceExhausted("variable {} is larger than {} bytes", name,
                               options.limits.manifest.binding_bytes_max);
    }
    SetText(version, name, value);
  }
  return absl::OkStatus();
}

absl::Status LoadAny(const fs::path& path, const LoadOptions& options, Bundle& bundle) {
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  const fs::path folder = is_folder || !path.has_parent_path() ? (is_folder ? path : fs::path("."))
                                                               : path.parent_path();
  const fs::path config = is_folder                ? FindWranglerConfig(path)
                          : IsWranglerConfig(path) ? path
                                                   : fs::path();
  if (!config.empty()) return LoadWranglerProject(folder, config, options, bundle);
  if (!options.environment.empty()) {
    return InvalidArgument(
        "{}: environments are for projects with a wrangler.toml or wrangler.json", path.string());
  }
  if (is_folder || path.filename() == kManifestName) return LoadFolder(folder, options, bundle);
  return LoadFile(path, options, bundle);
}

}  // namespace

absl::Status ReadAuthorities(const fs::path& folder, Bundle& bundle) {
  constexpr size_t kPemBytesMax = 256 * 1024;
  for (v1::Origin& origin : *bundle.version.mutable_origins()) {
    if (origin.ca_pem().empty()) continue;
    const fs::path path = folder / origin.ca_pem();
    absl::StatusOr<std::string> pem = ReadFile(path, kPemBytesMax);
    if (!pem.ok()) {
      return InvalidArgument("origin '{}': its 'ca' cannot be read: {}", origin.host(),
                             Message(pem.status()));
    }
    origin.set_ca_pem(*std::move(pem));
    bundle.watch.push_back(path);
  }
  return absl::OkStatus();
}

absl::Status ApplyManifest(const fs::path& folder, Manifest manifest, Bundle& bundle) {
  v1::Version& version = bundle.version;
  version.set_script(manifest.name);
  bundle.routes = std::move(manifest.routes);
  bundle.rollout = std::move(manifest.rollout);
  for (v1::Binding& binding : manifest.bindings) *version.add_bindings() = std::move(binding);
  for (v1::Origin& origin : manifest.origins) *version.add_origins() = std::move(origin);
  *version.mutable_limits() = manifest.limits;
  version.set_compatibility_date(manifest.compatibility_date);
  for (std::string& flag : manifest.compatibility_flags) {
    version.add_compatibility_flags(std::move(flag));
  }
  for (std::string& cron : manifest.crons) version.add_crons(std::move(cron));
  for (v1::Migration& migration : manifest.migrations) {
    *version.add_migrations() = std::move(migration);
  }
  if (manifest.observability) *version.mutable_observability() = *manifest.observability;
  if (!manifest.assets) return absl::OkStatus();
  if (const std::string& name = manifest.assets->binding; !name.empty()) {
    for (const v1::Binding& other : version.bindings()) {
      if (other.name() == name) return InvalidArgument("'{}' is bound twice", name);
    }
    v1::Binding& binding = *version.add_bindings();
    binding.set_name(name);
    binding.set_assets(true);
  }
  return AddAssets(folder, *manifest.assets, bundle);
}

void SetText(v1::Version& version, const std::string& name, const std::string& value) {
  v1::Binding* target = nullptr;
  for (v1::Binding& binding : *version.mutable_bindings()) {
    if (binding.name() == name) target = &binding;
  }
  if (target == nullptr) target = version.add_bindings();
  target->Clear();
  target->set_name(name);
  target->set_text(value);
}

std::optional<v1::ModuleKind> ModuleKindOf(std::string_view file_name) {
  std::string extension = fs::path(file_name).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (extension == ".js" || extension == ".mjs") return v1::MODULE_KIND_ESM;
  if (extension == ".json") return v1::MODULE_KIND_JSON;
  if (extension == ".wasm") return v1::MODULE_KIND_WASM;
  if (extension == ".bin") return v1::MODULE_KIND_DATA;
  for (std::string_view text : {".txt", ".html", ".css", ".svg", ".md", ".csv", ".xml", ".sql"}) {
    if (extension == text) return v1::MODULE_KIND_TEXT;
  }
  return std::nullopt;
}

absl::StatusOr<std::pair<std::string, std::string>> ParseVar(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return InvalidArgument("'{}': expected NAME=VALUE", text);
  }
  std::pair<std::string, std::string> var(text.substr(0, equals), text.substr(equals + 1));
  RETURN_IF_ERROR(CheckBindingName(var.first));
  return var;
}

absl::StatusOr<Bundle> LoadBundle(const fs::path& path, const LoadOptions& options) {
  std::error_code error;
  if (!fs::exists(fs::status(path, error))) {
    return NotFound("{}: no such file or folder", path.string());
  }
  Bundle bundle;
  if (IsPacked(path)) {
    ASSIGN_OR_RETURN(bundle, LoadPacked(path, options.limits));
  } else {
    RETURN_IF_ERROR(LoadAny(path, options, bundle));
  }
  if (!options.name.empty()) bundle.version.set_script(options.name);
  if (absl::Status named = CheckScriptName(bundle.version.script()); !named.ok()) {
    return InvalidArgument("{}: {}; give one with --name", path.string(), Message(named));
  }
  RETURN_IF_ERROR(ApplyVars(options, bundle.version));
  bundle.version.set_id(VersionId(bundle.version));
  return bundle;
}

}  // namespace terrella::bundle
