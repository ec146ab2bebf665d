#include "bundle/build.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "bundle/esbuild.h"
#include "bundle/import_scanner.h"
#include "bundle/module_set.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kCompiled = {".ts", ".mts", ".cts", ".tsx", ".jsx"};

// A module that the runtime has.
bool IsBuiltIn(std::string_view specifier) {
  return specifier.starts_with("node:") || specifier.starts_with("cloudflare:") ||
         specifier.starts_with("terrella:");
}

// The project's modules as they are, found from the entry.
class PlainWalk {
 public:
  PlainWalk(const BuildJob& job, const BundleLimits& limits)
      : job_(job), limits_(limits), rules_(WithDefaults(job.options.rules)) {}

  // Why the project has to be bundled: "src/index.js:3: imports the package "hono""; "" when it
  // need not.
  absl::StatusOr<std::string> Follow() {
    std::vector<std::string> open = {job_.entry};
    files_[job_.entry] = v1::MODULE_KIND_ESM;
    while (!open.empty()) {
      const std::string name = std::move(open.back());
      open.pop_back();
      if (files_.size() > limits_.modules_max) {
        return ResourceExhausted("the bundle has more than {} modules", limits_.modules_max);
      }
      ASSIGN_OR_RETURN(const std::string text,
                       ReadFile(job_.project / name, limits_.bundle_bytes_max));
      const ScannedModule scanned = ScanImports(text);
      if (name == job_.entry) is_module_ = scanned.is_module;
      for (const ScannedImport& import : scanned.imports) {
        std::string why = Add(name, import, open);
        if (!why.empty()) return fmt::format("{}:{}: {}", name, import.line, why);
      }
    }
    return "";
  }

  bool is_module() const { return is_module_; }
  // Names within the project, with their kinds.
  const std::map<std::string, v1::ModuleKind>& files() const { return files_; }
  std::optional<v1::ModuleKind> KindOf(std::string_view path) const {
    if (const auto kind = KindByRules(rules_, path)) return kind;
    return ModuleKindOf(path);
  }

 private:
  std::string Add(const std::string& importer, const ScannedImport& import,
                  std::vector<std::string>& open) {
    const std::string& specifier = import.specifier;
    if (import.form == ScannedImport::Form::kRequire)
      return fmt::format("require(\"{}\")", specifier);
    if (IsBuiltIn(specifier)) return "";
    if (!specifier.starts_with("./") && !specifier.starts_with("../")) {
      // A module may be named whole, too; and Node.js's modules need no scheme.
      if (files_.contains(specifier) || IsFile(specifier)) return Take(specifier, specifier, open);
      const std::vector<std::string> node = NodeModuleNames();
      const std::string base = specifier.substr(0, specifier.find('/'));
      if (job_.node_modules && std::find(node.begin(), node.end(), base) != node.end()) return "";
      return fmt::format("imports the package \"{}\"", specifier);
    }
    const std::string target =
        (fs::path(importer).parent_path() / specifier).lexically_normal().generic_string();
    if (target.starts_with("../"))
      return fmt::format("imports \"{}\" from outside of the project", specifier);
    if (!IsFile(target)) return fmt::format("imports \"{}\", which is no file", specifier);
    return Take(specifier, target, open);
  }

  std::string Take(const std::string& specifier, const std::string& target,
                   std::vector<std::string>& open) {
    if (files_.contains(target)) return "";
    if (NeedsCompiling(target)) return fmt::format("imports \"{}\"", specifier);
    const auto kind = KindOf(target);
    if (!kind) return fmt::format("imports \"{}\", whose extension says nothing", specifier);
    files_[target] = *kind;
    if (*kind == v1::MODULE_KIND_ESM) open.push_back(target);
    return "";
  }

  bool IsFile(const std::string& name) const {
    std::error_code error;
    return fs::is_regular_file(job_.project / name, error);
  }

  const BuildJob& job_;
  const BundleLimits& limits_;
  const std::vector<ModuleRule> rules_;
  std::map<std::string, v1::ModuleKind> files_;
  bool is_module_ = true;
};

// What makes esbuild necessary whatever the sources import.
bool OptionsNeedBundling(const BuildOptions& options) {
  return options.minify || !options.define.empty() || !options.alias.empty();
}

absl::Status AddAdditional(const BuildJob& job, const PlainWalk& walk, ModuleSet& set) {
  if (!job.options.find_additional_modules) return absl::OkStatus();
  std::string base = job.options.base_dir;
  if (base.empty()) base = fs::path(job.entry).parent_path().generic_string();
  return set.AddFolder(job.project / base, base.empty() || base == "." ? "" : base + "/",
                       [&](std::string_view path) { return walk.KindOf(path); });
}

absl::Status TakePlain(const BuildJob& job, const PlainWalk& walk, ModuleSet& set, Bundle& bundle) {
  bundle.version.set_main_module(job.entry);
  const v1::ModuleKind main_kind = walk.is_module() ? v1::MODULE_KIND_ESM : v1::MODULE_KIND_SCRIPT;
  for (const auto& [name, kind] : walk.files()) {
    RETURN_IF_ERROR(set.AddFile(job.project / name, name, name == job.entry ? main_kind : kind));
  }
  if (!job.whole_folder) return AddAdditional(job, walk, set);
  constexpr std::array<std::string_view, 4> kProjectFiles = {"package.json", "package-lock.json",
                                                             "tsconfig.json", "jsconfig.json"};
  return set.AddFolder(
      job.project, "", [&](std::string_view path) -> std::optional<v1::ModuleKind> {
        const std::string_view name = path.substr(path.rfind('/') + 1);
        if (std::find(kProjectFiles.begin(), kProjectFiles.end(), name) != kProjectFiles.end())
          return std::nullopt;
        return ModuleKindOf(path);
      });
}

absl::Status TakeBundled(const BuildJob& job, const BundleLimits& limits, Bundle& bundle) {
  ASSIGN_OR_RETURN(EsbuildOutput output, RunEsbuild({.project = job.project,
                                                     .entry = job.entry,
                                                     .options = job.options,
                                                     .node_modules = job.node_modules,
                                                     .development = job.development}));
  ModuleSet set(bundle, limits);
  EsbuildOutput::File& main = output.files.front();
  if (!output.has_exports) main.kind = v1::MODULE_KIND_SCRIPT;
  bundle.version.set_main_module(main.name);
  for (EsbuildOutput::File& file : output.files) {
    RETURN_IF_ERROR(set.AddContent(file.name, file.name, file.kind, std::move(file.content)));
  }
  bundle.watch.insert(bundle.watch.end(), output.inputs.begin(), output.inputs.end());
  if (!output.warnings.empty()) bundle.warnings.push_back(std::move(output.warnings));
  return AddAdditional(job, PlainWalk(job, limits), set);
}

}  // namespace

bool NeedsCompiling(const fs::path& file) {
  return std::find(kCompiled.begin(), kCompiled.end(), file.extension().string()) !=
         kCompiled.end();
}

absl::Status RunBuildCommand(const fs::path& project, const BuildOptions& options) {
  if (options.command.empty()) return absl::OkStatus();
  const fs::path cwd = options.command_cwd.empty() ? project : project / options.command_cwd;
  ASSIGN_OR_RETURN(const SubprocessResult done,
                   RunSubprocess({.argv = {"/bin/sh", "-c", options.command},
                                  .cwd = cwd.empty() ? fs::path(".") : cwd,
                                  .timeout = std::chrono::minutes(10)}));
  if (done.exit_code == 0) return absl::OkStatus();
  return InvalidArgument("the build command '{}' failed with exit code {}\n{}{}", options.command,
                         done.exit_code, done.out, done.err);
}

absl::Status BuildModules(const BuildJob& job, const BundleLimits& limits, Bundle& bundle) {
  for (const std::string& folder : job.options.watch) bundle.watch.push_back(job.project / folder);
  PlainWalk walk(job, limits);
  std::string why;
  if (NeedsCompiling(job.entry)) {
    why = "it is TypeScript or JSX";
  } else if (!job.options.no_bundle && OptionsNeedBundling(job.options)) {
    why = "of its options";
  } else {
    ASSIGN_OR_RETURN(why, walk.Follow());
  }
  if (why.empty() || (job.options.no_bundle && !NeedsCompiling(job.entry))) {
    ModuleSet set(bundle, limits);
    return TakePlain(job, walk, set, bundle);
  }
  absl::Status bundled = TakeBundled(job, limits, bundle);
  if (absl::IsUnavailable(bundled))
    return Unavailable("{} must be bundled ({}). {}", job.entry, why, Message(bundled));
  return bundled;
}

}  // namespace terrella::bundle
