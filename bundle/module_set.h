// ModuleSet: the modules of a bundle as they are gathered, counted against its limits.
//
// Thread: one. Borrows: the bundle and the limits.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bundle/bundle.h"

namespace terrella::bundle {

class ModuleSet {
 public:
  // How a file is imported, by its path within the folder; nothing when it is no module.
  using KindOfPath = std::function<std::optional<v1::ModuleKind>(std::string_view path)>;

  ModuleSet(Bundle& bundle, const BundleLimits& limits) : bundle_(bundle), limits_(limits) {}

  absl::Status AddFile(const std::filesystem::path& path, std::string name, v1::ModuleKind kind);
  // `from` is what a person would look for, when the content is too large.
  absl::Status AddContent(std::string_view from, std::string name, v1::ModuleKind kind,
                          std::string content);
  // Every file below `folder` that `kind_of` takes and that is not there yet, named by `prefix` (""
  // or ends in '/') and its path. Hidden files, node_modules and links to folders are left out.
  absl::Status AddFolder(const std::filesystem::path& folder, const std::string& prefix,
                         const KindOfPath& kind_of);

 private:
  absl::Status AddBelow(const std::filesystem::path& folder, const std::string& prefix,
                        const KindOfPath& kind_of, size_t depth);
  absl::Status AddEntry(const std::filesystem::path& entry, const std::string& prefix,
                        const KindOfPath& kind_of, size_t depth);
  absl::Status TooLarge(std::string_view from, size_t bytes) const;

  Bundle& bundle_;
  const BundleLimits& limits_;
};

// The module called `name`, or null.
const v1::Module* FindModule(const v1::Version& version, std::string_view name);

}  // namespace terrella::bundle
