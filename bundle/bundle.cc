#include "bundle/bundle.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "bundle/names.h"
#include "bundle/version_id.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestName = "terrella.toml";
constexpr std::array<std::string_view, 7> kDefaultMains = {
    "index.js",     "index.mjs",     "worker.js",    "main.js",
    "src/index.js", "src/index.mjs", "src/worker.js"};
// Files that belong to a project's tools and not to the worker.
constexpr std::array<std::string_view, 4> kProjectFiles = {"package.json", "package-lock.json",
                                                           "tsconfig.json", "jsconfig.json"};
constexpr std::array<std::string_view, 4> kTypeScript = {".ts", ".mts", ".tsx", ".jsx"};

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

bool IsTypeScript(const fs::path& path) {
  return std::find(kTypeScript.begin(), kTypeScript.end(), path.extension().string()) !=
         kTypeScript.end();
}

// Adds files to a bundle and counts them against the limits.
class Builder {
 public:
  Builder(Bundle& bundle, const BundleLimits& limits) : bundle_(bundle), limits_(limits) {}

  absl::Status AddFile(const fs::path& path, std::string name, v1::ModuleKind kind) {
    if (static_cast<size_t>(bundle_.version.modules_size()) >= limits_.modules_max) {
      return ResourceExhausted("the bundle has more than {} modules", limits_.modules_max);
    }
    absl::StatusOr<std::string> content = ReadFile(path, limits_.bundle_bytes_max);
    if (content.status().code() == absl::StatusCode::kResourceExhausted) return TooLarge(path);
    RETURN_IF_ERROR(content.status());
    bundle_.total_bytes += content->size();
    if (bundle_.total_bytes > limits_.bundle_bytes_max) return TooLarge(path);
    v1::Module& module = *bundle_.version.add_modules();
    module.set_name(std::move(name));
    module.set_kind(kind);
    module.set_size_bytes(content->size());
    module.set_sha256(Sha256(*content));
    bundle_.blobs.emplace(module.sha256(), *std::move(content));
    bundle_.watch.push_back(path);
    return absl::OkStatus();
  }

  // Adds every module below `folder`; `prefix` is "" or ends in '/'.
  absl::Status AddFolder(const fs::path& folder, const std::string& prefix, size_t depth) {
    if (depth > limits_.depth_max) {
      return ResourceExhausted("{}: more than {} folders deep", folder.string(), limits_.depth_max);
    }
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      entries.push_back(it->path());
    }
    if (error) return Unavailable("cannot list {}: {}", folder.string(), error.message());
    std::sort(entries.begin(), entries.end());
    bundle_.watch.push_back(folder);
    for (const fs::path& entry : entries) RETURN_IF_ERROR(AddEntry(entry, prefix, depth));
    return absl::OkStatus();
  }

 private:
  absl::Status AddEntry(const fs::path& entry, const std::string& prefix, size_t depth) {
    const std::string name = entry.filename().string();
    if (name.starts_with('.') || name == "node_modules") return absl::OkStatus();
    std::error_code error;
    const fs::file_status status = fs::status(entry, error);
    if (fs::is_directory(status)) {
      if (fs::is_symlink(fs::symlink_status(entry, error))) return absl::OkStatus();
      return AddFolder(entry, prefix + name + "/", depth + 1);
    }
    const auto kind = ModuleKindOf(name);
    if (!kind || !fs::is_regular_file(status)) return absl::OkStatus();
    if (std::find(kProjectFiles.begin(), kProjectFiles.end(), name) != kProjectFiles.end()) {
      return absl::OkStatus();
    }
    return AddFile(entry, prefix + name, *kind);
  }

  absl::Status TooLarge(const fs::path& path) const {
    std::error_code error;
    const uintmax_t bytes = fs::file_size(path, error);
    return ResourceExhausted(
        "the bundle is too large: at most {} MiB in all; {} alone is {:.1f} MiB",
        limits_.bundle_bytes_max >> 20, path.string(),
        error ? 0.0 : static_cast<double>(bytes) / (1 << 20));
  }

  Bundle& bundle_;
  const BundleLimits& limits_;
};

const v1::Module* FindModule(const v1::Version& version, std::string_view name) {
  for (const v1::Module& module : version.modules()) {
    if (module.name() == name) return &module;
  }
  return nullptr;
}

// Checks the entry module the manifest names, or picks the default one.
absl::Status ChooseMain(const fs::path& folder, std::string main, v1::Version& version) {
  if (main.starts_with("./")) main.erase(0, 2);
  if (main.empty()) {
    for (std::string_view candidate : kDefaultMains) {
      if (FindModule(version, candidate) != nullptr) {
        main = candidate;
        break;
      }
    }
  }
  if (main.empty()) {
    return InvalidArgument("{}: no entry module: expected index.js, or 'main' in {}",
                           folder.string(), kManifestName);
  }
  if (IsTypeScript(main)) {
    return InvalidArgument("{}: TypeScript and JSX must be bundled to JavaScript first", main);
  }
  const v1::Module* module = FindModule(version, main);
  if (module == nullptr) {
    std::vector<std::string> names;
    for (const v1::Module& m : version.modules()) names.push_back(m.name());
    const std::string near = Suggest(main, names);
    return InvalidArgument("{}: entry module '{}' does not exist{}", folder.string(), main,
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
  }
  if (module->kind() != v1::MODULE_KIND_ESM) {
    return InvalidArgument("{}: entry module '{}' is not JavaScript (.js or .mjs)", folder.string(),
                           main);
  }
  version.set_main_module(main);
  return absl::OkStatus();
}

void ApplyManifest(Manifest manifest, Bundle& bundle) {
  v1::Version& version = bundle.version;
  version.set_script(manifest.name);
  bundle.routes = std::move(manifest.routes);
  for (v1::Binding& binding : manifest.bindings) *version.add_bindings() = std::move(binding);
  for (v1::Origin& origin : manifest.origins) *version.add_origins() = std::move(origin);
  *version.mutable_limits() = manifest.limits;
  version.set_compatibility_date(manifest.compatibility_date);
  for (std::string& flag : manifest.compatibility_flags) {
    version.add_compatibility_flags(std::move(flag));
  }
}

// The manifest names files of authorities; the version holds their content.
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
  const std::string main = manifest.main_module;
  ApplyManifest(std::move(manifest), bundle);
  RETURN_IF_ERROR(ReadAuthorities(folder, bundle));
  RETURN_IF_ERROR(Builder(bundle, options.limits).AddFolder(folder, "", 0));
  RETURN_IF_ERROR(ChooseMain(folder, main, bundle.version));
  if (bundle.version.script().empty()) {
    bundle.version.set_script(FolderSlug(folder));
  }
  return absl::OkStatus();
}

absl::Status LoadFile(const fs::path& file, const LoadOptions& options, Bundle& bundle) {
  const std::string name = file.filename().string();
  if (IsTypeScript(file)) {
    return InvalidArgument("{}: TypeScript and JSX must be bundled to JavaScript first",
                           file.string());
  }
  if (ModuleKindOf(name) != v1::MODULE_KIND_ESM) {
    return InvalidArgument("{}: expected a JavaScript module (.js or .mjs) or a folder",
                           file.string());
  }
  RETURN_IF_ERROR(Builder(bundle, options.limits).AddFile(file, name, v1::MODULE_KIND_ESM));
  bundle.version.set_main_module(name);
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
    v1::Binding* target = nullptr;
    for (v1::Binding& binding : *version.mutable_bindings()) {
      if (binding.name() == name) target = &binding;
    }
    if (target == nullptr) target = version.add_bindings();
    target->set_name(name);
    target->set_text(value);
  }
  return absl::OkStatus();
}

}  // namespace

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
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return NotFound("{}: no such file or folder", path.string());
  Bundle bundle;
  if (fs::is_directory(status)) {
    RETURN_IF_ERROR(LoadFolder(path, options, bundle));
  } else if (path.filename() == kManifestName) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    RETURN_IF_ERROR(LoadFolder(folder, options, bundle));
  } else {
    RETURN_IF_ERROR(LoadFile(path, options, bundle));
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
