#include "bundle/wrangler_project.h"

#include <array>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "bundle/build.h"
#include "bundle/compatibility.h"
#include "bundle/dev_vars.h"
#include "bundle/module_set.h"
#include "bundle/wrangler.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kConfigNames = {"wrangler.json", "wrangler.jsonc",
                                                          "wrangler.toml"};
constexpr std::string_view kSiteFolder = "__STATIC_CONTENT";
constexpr std::string_view kSiteManifest = "__STATIC_CONTENT_MANIFEST";
constexpr size_t kSiteHashDigits = 10;

absl::StatusOr<WranglerConfig> ReadConfig(const fs::path& file, const LoadOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, options.limits.manifest.file_bytes_max));
  const WranglerSyntax syntax =
      file.extension() == ".toml" ? WranglerSyntax::kToml : WranglerSyntax::kJson;
  return ParseWrangler(text, file.string(), syntax, options.environment, options.limits.manifest);
}

// What a terrella.toml beside the configuration adds: origins, limits and how versions come.
absl::Status AddOwnManifest(const fs::path& folder, const LoadOptions& options, Manifest& manifest,
                            Bundle& bundle) {
  const fs::path file = folder / "terrella.toml";
  absl::StatusOr<std::string> text = ReadFile(file, options.limits.manifest.file_bytes_max);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  RETURN_IF_ERROR(text.status());
  ASSIGN_OR_RETURN(Manifest own, ParseManifest(*text, file.string(), options.limits.manifest));
  if (!own.name.empty() || !own.main_module.empty() || !own.routes.empty() ||
      !own.bindings.empty() || own.assets || !own.compatibility_date.empty() ||
      !own.compatibility_flags.empty()) {
    return InvalidArgument(
        "{}: beside a wrangler configuration it may only declare [[origins]], [limits] and "
        "[rollout]",
        file.string());
  }
  manifest.origins = std::move(own.origins);
  manifest.limits.MergeFrom(own.limits);
  manifest.rollout = std::move(own.rollout);
  bundle.watch.push_back(file);
  return absl::OkStatus();
}

// .dev.vars stands for what will be secrets; the most particular file that is there counts, alone.
absl::Status AddDevVars(const fs::path& folder, const LoadOptions& options, Bundle& bundle) {
  for (const std::string& base : {std::string(".dev.vars"), std::string(".env")}) {
    for (const std::string& name : {base + "." + options.environment, base}) {
      if (name.ends_with('.')) continue;
      const fs::path file = folder / name;
      absl::StatusOr<std::string> text = ReadFile(file, options.limits.manifest.file_bytes_max);
      if (absl::IsNotFound(text.status())) continue;
      RETURN_IF_ERROR(text.status());
      ASSIGN_OR_RETURN(const DevVars vars, ParseDevVars(*text, file.string()));
      for (const auto& [key, value] : vars) SetText(bundle.version, key, value);
      bundle.watch.push_back(file);
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

// Workers Sites: the folder's files as data modules with their hash in the name, and what maps one
// to the other.
absl::Status AddSite(const fs::path& folder, const LoadOptions& options, const std::string& bucket,
                     Bundle& bundle) {
  const fs::path site = folder / bucket;
  std::error_code error;
  if (!fs::is_directory(site, error))
    return InvalidArgument("{}: 'site.bucket' is no folder", site.string());
  Bundle files;  // gathered apart, because the names to come depend on the contents
  RETURN_IF_ERROR(ModuleSet(files, options.limits).AddFolder(site, "", [](std::string_view) {
    return v1::MODULE_KIND_DATA;
  }));
  ModuleSet set(bundle, options.limits);
  nlohmann::json manifest = nlohmann::json::object();
  for (const v1::Module& file : files.version.modules()) {
    const fs::path name = file.name();
    const std::string hash = ToHex(file.sha256()).substr(0, kSiteHashDigits);
    const std::string key = (name.parent_path() / fmt::format("{}.{}{}", name.stem().string(), hash,
                                                              name.extension().string()))
                                .generic_string();
    manifest[file.name()] = key;
    RETURN_IF_ERROR(set.AddContent((site / name).string(), fmt::format("{}/{}", kSiteFolder, key),
                                   v1::MODULE_KIND_DATA, files.blobs.at(file.sha256())));
  }
  RETURN_IF_ERROR(set.AddContent("the site's manifest", std::string(kSiteManifest),
                                 v1::MODULE_KIND_TEXT, manifest.dump()));
  bundle.watch.insert(bundle.watch.end(), files.watch.begin(), files.watch.end());
  v1::Binding& binding = *bundle.version.add_bindings();
  binding.set_name(std::string(kSiteFolder));
  binding.set_site(std::string(kSiteFolder));
  if (bundle.version.modules(0).kind() == v1::MODULE_KIND_SCRIPT) {
    v1::Binding& text = *bundle.version.add_bindings();
    text.set_name(std::string(kSiteManifest));
    text.set_module(std::string(kSiteManifest));
  }
  return absl::OkStatus();
}

absl::Status AddFiles(const fs::path& folder, const LoadOptions& options,
                      const std::vector<WranglerConfig::FileBinding>& files, Bundle& bundle) {
  ModuleSet set(bundle, options.limits);
  for (const WranglerConfig::FileBinding& file : files) {
    const std::string module = fmt::format("__{}", file.name);
    RETURN_IF_ERROR(set.AddFile(folder / file.path, module, file.kind));
    v1::Binding& binding = *bundle.version.add_bindings();
    binding.set_name(file.name);
    binding.set_module(module);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> EntryOf(const fs::path& folder, const fs::path& config,
                                    std::string main) {
  if (main.empty())
    return InvalidArgument("{}: no 'main'; expected the entry module, e.g. \"src/index.ts\"",
                           config.string());
  std::error_code error;
  main = fs::path(main).lexically_normal().generic_string();
  if (main.starts_with("../") || main.starts_with("/")) {
    return InvalidArgument("{}: 'main' = '{}' lies outside of the project", config.string(), main);
  }
  if (!fs::is_regular_file(folder / main, error)) {
    return InvalidArgument("{}: 'main' = '{}' does not exist", config.string(), main);
  }
  return main;
}

}  // namespace

fs::path FindWranglerConfig(const fs::path& folder) {
  std::error_code error;
  for (std::string_view name : kConfigNames) {
    if (fs::is_regular_file(folder / name, error)) return folder / name;
  }
  return {};
}

bool IsWranglerConfig(const fs::path& file) {
  const std::string name = file.filename().string();
  return std::find(kConfigNames.begin(), kConfigNames.end(), name) != kConfigNames.end();
}

absl::Status LoadWranglerProject(const fs::path& folder, const fs::path& config,
                                 const LoadOptions& options, Bundle& bundle) {
  ASSIGN_OR_RETURN(WranglerConfig wrangler, ReadConfig(config, options));
  bundle.watch.push_back(config);
  bundle.warnings = std::move(wrangler.warnings);
  RETURN_IF_ERROR(AddOwnManifest(folder, options, wrangler.manifest, bundle));
  RETURN_IF_ERROR(RunBuildCommand(folder, wrangler.build));
  // Assets need no worker.
  const bool assets_alone = wrangler.manifest.assets && wrangler.manifest.main_module.empty();
  std::string entry;
  if (!assets_alone) {
    ASSIGN_OR_RETURN(entry, EntryOf(folder, config, wrangler.manifest.main_module));
  } else if (!wrangler.manifest.assets->binding.empty()) {
    return InvalidArgument("{}: 'assets.binding' is for a worker, and there is no 'main'",
                           config.string());
  }
  RETURN_IF_ERROR(ApplyManifest(folder, std::move(wrangler.manifest), bundle));
  RETURN_IF_ERROR(ReadAuthorities(folder, bundle));
  const v1::Version& version = bundle.version;
  const std::vector<std::string> flags(version.compatibility_flags().begin(),
                                       version.compatibility_flags().end());
  if (!assets_alone) {
    RETURN_IF_ERROR(BuildModules(
        {.project = folder,
         .entry = entry,
         .options = std::move(wrangler.build),
         .node_modules = ResolveCompatibility(version.compatibility_date(), flags).nodejs_compat,
         .development = options.development},
        options.limits, bundle));
  }
  RETURN_IF_ERROR(AddFiles(folder, options, wrangler.files, bundle));
  if (!wrangler.site_bucket.empty()) {
    RETURN_IF_ERROR(AddSite(folder, options, wrangler.site_bucket, bundle));
  }
  if (options.development) RETURN_IF_ERROR(AddDevVars(folder, options, bundle));
  if (options.name.empty() && version.script().empty()) {
    return InvalidArgument("{}: no 'name'; give one there or with --name", config.string());
  }
  return absl::OkStatus();
}

}  // namespace terrella::bundle
