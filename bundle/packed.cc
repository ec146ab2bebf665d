#include "bundle/packed.h"

#include "base/file.h"
#include "base/status.h"
#include "bundle/module_set.h"

namespace terrella::bundle {
namespace {

constexpr size_t kDescriptionBytesMax = 32 << 20;  // everything but the modules' content

}  // namespace

bool IsPacked(const std::filesystem::path& path) {
  return path.extension() == ".worker";
}

absl::Status SavePacked(const std::filesystem::path& path, const Bundle& bundle) {
  v1::PackedVersion packed;
  v1::Version& version = *packed.mutable_version();
  version = bundle.version;
  for (v1::Module& module : *version.mutable_modules()) {
    module.set_inline_bytes(bundle.blobs.at(module.sha256()));
  }
  if (version.has_assets()) {
    packed.set_asset_manifest(bundle.blobs.at(version.assets().manifest_sha256()));
  }
  packed.set_asset_folder(bundle.asset_folder.string());
  for (const auto& [sha256, file] : bundle.asset_files) {
    v1::PackedVersion::File& one = *packed.add_files();
    one.set_sha256(sha256);
    one.set_path(file.string());
  }
  return WriteFileAtomic(path, packed.SerializeAsString());
}

absl::StatusOr<Bundle> LoadPacked(const std::filesystem::path& path, const BundleLimits& limits) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadFile(path, limits.bundle_bytes_max + kDescriptionBytesMax));
  v1::PackedVersion packed;
  if (!packed.ParseFromString(bytes))
    return InvalidArgument("{} is no packed bundle", path.string());
  v1::Version& version = *packed.mutable_version();
  Bundle bundle;
  if (version.has_assets()) {
    bundle.blobs.emplace(version.assets().manifest_sha256(),
                         std::move(*packed.mutable_asset_manifest()));
  }
  bundle.asset_folder = packed.asset_folder();
  for (const v1::PackedVersion::File& file : packed.files()) {
    bundle.asset_files.emplace(file.sha256(), file.path());
  }
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
