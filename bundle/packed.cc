#include "bundle/packed.h"

#include "base/file.h"
#include "base/status.h"
#include "bundle/module_set.h"

namespace terrella::bundle {
namespace {

constexpr size_t kDescriptionBytesMax = 4 << 20;  // everything but the modules' content

}  // namespace

bool IsPacked(const std::filesystem::path& path) {
  return path.extension() == ".worker";
}

absl::Status SavePacked(const std::filesystem::path& path, const Bundle& bundle) {
  v1::Version version = bundle.version;
  for (v1::Module& module : *version.mutable_modules()) {
    module.set_inline_bytes(bundle.blobs.at(module.sha256()));
  }
  return WriteFileAtomic(path, version.SerializeAsString());
}

absl::StatusOr<Bundle> LoadPacked(const std::filesystem::path& path, const BundleLimits& limits) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadFile(path, limits.bundle_bytes_max + kDescriptionBytesMax));
  v1::Version version;
  if (!version.ParseFromString(bytes))
    return InvalidArgument("{} is no packed bundle", path.string());
  Bundle bundle;
  bundle.watch.push_back(path);
  ModuleSet set(bundle, limits);
  for (v1::Module& module : *version.mutable_modules()) {
    // Hashes and sizes are computed anew from the content.
    RETURN_IF_ERROR(set.AddContent(module.name(), module.name(), module.kind(),
                                   std::move(*module.mutable_inline_bytes())));
  }
  version.clear_modules();
  version.mutable_modules()->Swap(bundle.version.mutable_modules());
  bundle.version.Swap(&version);
  return bundle;
}

}  // namespace terrella::bundle
