#include "bundle/module_set.h"

#include <system_error>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"

namespace terrella::bundle {

namespace fs = std::filesystem;

const v1::Module* FindModule(const v1::Version& version, std::string_view name) {
  for (const v1::Module& module : version.modules()) {
    if (module.name() == name) return &module;
  }
  return nullptr;
}

absl::Status ModuleSet::AddFile(const fs::path& path, std::string name, v1::ModuleKind kind) {
  absl::StatusOr<std::string> content = ReadFile(path, limits_.bundle_bytes_max);
  if (content.status().code() == absl::StatusCode::kResourceExhausted) {
    std::error_code error;
    const uintmax_t bytes = fs::file_size(path, error);
    return TooLarge(path.string(), error ? 0 : bytes);
  }
  RETURN_IF_ERROR(content.status());
  RETURN_IF_ERROR(AddContent(path.string(), std::move(name), kind, *std::move(content)));
  bundle_.watch.push_back(path);
  return absl::OkStatus();
}

absl::Status ModuleSet::AddContent(std::string_view from, std::string name, v1::ModuleKind kind,
                                   std::string content) {
  if (static_cast<size_t>(bundle_.version.modules_size()) >= limits_.modules_max) {
    return ResourceExhausted("the bundle has more than {} modules", limits_.modules_max);
  }
  bundle_.total_bytes += content.size();
  if (bundle_.total_bytes > limits_.bundle_bytes_max) return TooLarge(from, content.size());
  v1::Module& module = *bundle_.version.add_modules();
  module.set_name(std::move(name));
  module.set_kind(kind);
  module.set_size_bytes(content.size());
  module.set_sha256(Sha256(content));
  bundle_.blobs.emplace(module.sha256(), std::move(content));
  return absl::OkStatus();
}

absl::Status ModuleSet::AddFolder(const fs::path& folder, const std::string& prefix,
                                  const KindOfPath& kind_of) {
  return AddBelow(folder, prefix, kind_of, 0);
}

absl::Status ModuleSet::AddBelow(const fs::path& folder, const std::string& prefix,
                                 const KindOfPath& kind_of, size_t depth) {
  if (depth > limits_.depth_max) {
    return ResourceExhausted("{}: more than {} folders deep", folder.string(), limits_.depth_max);
  }
  ASSIGN_OR_RETURN(const std::vector<fs::path> entries, ListFolder(folder));
  bundle_.watch.push_back(folder);
  for (const fs::path& entry : entries) RETURN_IF_ERROR(AddEntry(entry, prefix, kind_of, depth));
  return absl::OkStatus();
}

absl::Status ModuleSet::AddEntry(const fs::path& entry, const std::string& prefix,
                                 const KindOfPath& kind_of, size_t depth) {
  const std::string name = entry.filename().string();
  if (name.starts_with('.') || name == "node_modules") return absl::OkStatus();
  std::error_code error;
  const fs::file_status status = fs::status(entry, error);
  if (fs::is_directory(status)) {
    if (fs::is_symlink(fs::symlink_status(entry, error))) return absl::OkStatus();
    return AddBelow(entry, prefix + name + "/", kind_of, depth + 1);
  }
  if (!fs::is_regular_file(status)) return absl::OkStatus();
  const std::string path = prefix + name;
  const auto kind = kind_of(path);
  if (!kind || FindModule(bundle_.version, path) != nullptr) return absl::OkStatus();
  return AddFile(entry, path, *kind);
}

absl::Status ModuleSet::TooLarge(std::string_view from, size_t bytes) const {
  return ResourceExhausted("the bundle is too large: at most {} MiB in all; {} alone is {:.1f} MiB",
                           limits_.bundle_bytes_max >> 20, from,
                           static_cast<double>(bytes) / (1 << 20));
}

}  // namespace terrella::bundle
