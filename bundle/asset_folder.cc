#include "bundle/asset_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "base/utf8.h"
#include "bundle/asset_ignore.h"

namespace terrella::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIgnoreFile = ".assetsignore";
constexpr std::string_view kWorkerFile = "_worker.js";
constexpr size_t kIgnoreBytesMax = 256 << 10;

class Walk {
 public:
  Walk(fs::path root, const AssetIgnore& ignore, const AssetLimits& limits, Bundle& bundle)
      : root_(std::move(root)), ignore_(ignore), limits_(limits), bundle_(bundle) {}

  absl::Status Below(const fs::path& folder, const std::string& prefix, size_t depth) {
    if (depth > limits_.depth_max) {
      return ResourceExhausted("{}: more than {} folders deep", folder.string(), limits_.depth_max);
    }
    ASSIGN_OR_RETURN(const std::vector<fs::path> entries, ListFolder(folder));
    bundle_.watch.push_back(folder);
    for (const fs::path& entry : entries) RETURN_IF_ERROR(Entry(entry, prefix, depth));
    return absl::OkStatus();
  }

  v1::AssetManifest TakeManifest() {
    std::sort(manifest_.mutable_assets()->begin(), manifest_.mutable_assets()->end(),
              [](const v1::Asset& a, const v1::Asset& b) { return a.path() < b.path(); });
    return std::move(manifest_);
  }

 private:
  absl::Status Entry(const fs::path& entry, const std::string& prefix, size_t depth) {
    const std::string path = prefix + entry.filename().string();
    std::error_code error;
    const bool link = fs::is_symlink(fs::symlink_status(entry, error));
    const fs::file_status status = fs::status(entry, error);
    if (ignore_.Ignores(path, fs::is_directory(status))) return absl::OkStatus();
    if (path == kWorkerFile) {
      return InvalidArgument(
          "{}: this looks like a worker's code and would be public; name it as 'main', or in {}",
          entry.string(), kIgnoreFile);
    }
    if (link) RETURN_IF_ERROR(CheckLink(entry, fs::is_directory(status)));
    if (fs::is_directory(status)) return Below(entry, path + "/", depth + 1);
    if (!fs::is_regular_file(status)) return absl::OkStatus();
    return File(entry, path);
  }

  absl::Status CheckLink(const fs::path& link, bool is_folder) const {
    std::error_code error;
    const fs::path target = fs::canonical(link, error);
    if (error) return InvalidArgument("{}: the link leads nowhere", link.string());
    const auto [end, unused] =
        std::mismatch(root_.begin(), root_.end(), target.begin(), target.end());
    if (end != root_.end()) {
      return InvalidArgument("{}: the link leads out of the folder, to {}", link.string(),
                             target.string());
    }
    // It might lead to a folder it stands in.
    if (is_folder) return InvalidArgument("{}: links to folders are not followed", link.string());
    return absl::OkStatus();
  }

  absl::Status File(const fs::path& file, const std::string& path) {
    const bool plain = std::none_of(path.begin(), path.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
    });
    if (!plain || !IsUtf8(path) || path.size() > limits_.path_bytes_max) {
      return InvalidArgument(
          "{}: an asset's path is UTF-8 of at most {} bytes, without control characters and '\\'",
          file.string(), limits_.path_bytes_max);
    }
    if (static_cast<size_t>(manifest_.assets_size()) >= limits_.files_max) {
      return ResourceExhausted("{}: more than {} files; {} can leave some out", root_.string(),
                               limits_.files_max, kIgnoreFile);
    }
    absl::StatusOr<std::string> content = ReadFile(file, limits_.file_bytes_max);
    if (absl::IsResourceExhausted(content.status())) {
      return ResourceExhausted("{}: larger than {} MiB, which is the most for one asset",
                               file.string(), limits_.file_bytes_max >> 20);
    }
    RETURN_IF_ERROR(content.status());
    v1::Asset& asset = *manifest_.add_assets();
    asset.set_path("/" + path);
    asset.set_sha256(Sha256(*content));
    asset.set_size_bytes(content->size());
    std::error_code error;
    bundle_.asset_files.emplace(asset.sha256(), fs::absolute(file, error));
    return absl::OkStatus();
  }

  const fs::path root_;  // canonical
  const AssetIgnore& ignore_;
  const AssetLimits& limits_;
  Bundle& bundle_;
  v1::AssetManifest manifest_;
};

// The file's text; "" when there is none.
absl::StatusOr<std::string> ReadIfThere(const fs::path& file, size_t bytes_max) {
  absl::StatusOr<std::string> text = ReadFile(file, bytes_max);
  if (absl::IsNotFound(text.status())) return std::string();
  return text;
}

absl::Status ReadRules(const fs::path& folder, const AssetLimits& limits,
                       v1::AssetManifest& manifest) {
  const fs::path headers = folder / "_headers", redirects = folder / "_redirects";
  ASSIGN_OR_RETURN(std::string text, ReadIfThere(headers, limits.rules_bytes_max));
  ASSIGN_OR_RETURN(auto header_rules, ParseHeadersFile(text, headers.string(), limits.rules));
  for (v1::HeaderRule& rule : header_rules) *manifest.add_headers() = std::move(rule);
  ASSIGN_OR_RETURN(text, ReadIfThere(redirects, limits.rules_bytes_max));
  ASSIGN_OR_RETURN(auto redirect_rules, ParseRedirectsFile(text, redirects.string(), limits.rules));
  for (v1::RedirectRule& rule : redirect_rules) *manifest.add_redirects() = std::move(rule);
  return absl::OkStatus();
}

}  // namespace

absl::Status AddAssets(const fs::path& project, const AssetsOptions& options, Bundle& bundle,
                       const AssetLimits& limits) {
  const fs::path folder = project / options.directory;
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error || !fs::is_directory(root, error)) {
    return InvalidArgument("{}: 'assets.directory' is no folder", folder.string());
  }
  const fs::path ignore_file = root / kIgnoreFile;
  ASSIGN_OR_RETURN(const std::string ignored, ReadIfThere(ignore_file, kIgnoreBytesMax));
  ASSIGN_OR_RETURN(const AssetIgnore ignore, AssetIgnore::Parse(ignored, ignore_file.string()));
  Walk walk(root, ignore, limits, bundle);
  RETURN_IF_ERROR(walk.Below(root, "", 0));
  v1::AssetManifest manifest = walk.TakeManifest();
  RETURN_IF_ERROR(ReadRules(root, limits, manifest));
  bundle.asset_folder = root;
  v1::StaticAssets& assets = *bundle.version.mutable_assets();
  assets = options.assets;
  assets.set_files(static_cast<uint32_t>(manifest.assets_size()));
  uint64_t total = 0;
  for (const v1::Asset& asset : manifest.assets()) total += asset.size_bytes();
  assets.set_total_bytes(total);
  std::string bytes = manifest.SerializeAsString();
  if (bytes.size() > limits.manifest_bytes_max) {
    return ResourceExhausted("{}: the list of its files has {} bytes; at most {} are allowed",
                             root.string(), bytes.size(), limits.manifest_bytes_max);
  }
  assets.set_manifest_sha256(Sha256(bytes));
  assets.set_manifest_bytes(bytes.size());
  bundle.blobs.emplace(assets.manifest_sha256(), std::move(bytes));
  return absl::OkStatus();
}

}  // namespace terrella::bundle
