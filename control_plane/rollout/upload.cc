#include "control_plane/rollout/upload.h"

#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/status.h"
#include "bundle/version_id.h"

namespace terrella::control {

absl::Status Upload::Add(v1::UploadRequest part) {
  if (part.has_version()) {
    if (begun_) return InvalidArgument("an upload has one version, and it comes first");
    return Begin(std::move(*part.mutable_version()));
  }
  if (!begun_) return InvalidArgument("an upload begins with the version");
  const std::string& bytes = part.has_blob() ? part.blob() : part.blob_more();
  if (bytes.size() > limits_.bundle_bytes_max - bytes_) {
    return ResourceExhausted("the bundle is over the limit of {} MiB",
                             limits_.bundle_bytes_max >> 20);
  }
  bytes_ += bytes.size();
  if (part.has_blob()) {
    RETURN_IF_ERROR(EndContent());
    in_content_ = true;
    content_ = std::move(*part.mutable_blob());
    return absl::OkStatus();
  }
  if (!part.has_blob_more()) return InvalidArgument("a part of the upload is empty");
  if (!in_content_) return InvalidArgument("blob_more continues a blob, and there is none");
  content_.append(bytes);
  return absl::OkStatus();
}

absl::Status Upload::Begin(v1::Version version) {
  begun_ = true;
  version_ = std::move(version);
  RETURN_IF_ERROR(CheckVersion(version_, limits_));
  std::string id = bundle::VersionId(version_);
  if (!version_.id().empty() && version_.id() != id) {
    return InvalidArgument("the version says its id is {}, its content gives {}", version_.id(),
                           id);
  }
  version_.set_id(id);
  if (version_.has_assets()) wanted_.insert(version_.assets().manifest_sha256());
  for (v1::Module& module : *version_.mutable_modules()) {
    wanted_.insert(module.sha256());
    module.clear_inline_zstd();  // of pushes; kept, every node would be sent it
    if (module.inline_bytes().empty()) continue;
    in_content_ = true;
    content_ = std::move(*module.mutable_inline_bytes());
    module.clear_inline_bytes();
    bytes_ += content_.size();
    if (bytes_ > limits_.bundle_bytes_max) {
      return ResourceExhausted("the bundle is over the limit of {} MiB",
                               limits_.bundle_bytes_max >> 20);
    }
    RETURN_IF_ERROR(EndContent());
  }
  return absl::OkStatus();
}

absl::Status Upload::EndContent() {
  if (!in_content_) return absl::OkStatus();
  in_content_ = false;
  std::string sha256 = Sha256(content_);
  if (!wanted_.contains(sha256)) {
    return InvalidArgument("content of {} bytes with SHA-256 {} belongs to nothing here",
                           content_.size(), ToHex(sha256));
  }
  contents_.emplace(std::move(sha256), std::move(content_));
  content_.clear();
  return absl::OkStatus();
}

absl::Status Upload::CheckAssets(StateStore& store) const {
  if (!version_.has_assets()) return absl::OkStatus();
  const v1::StaticAssets& assets = version_.assets();
  std::string bytes;
  if (const auto came = contents_.find(assets.manifest_sha256()); came != contents_.end()) {
    bytes = came->second;
  } else {
    auto stored = store.ReadBlob(assets.manifest_sha256(), 0, limits_.asset_manifest_bytes_max);
    if (!stored.ok()) return InvalidArgument("no content came for the list of assets");
    bytes = *std::move(stored);
  }
  v1::AssetManifest manifest;
  if (bytes.size() != assets.manifest_bytes() || !manifest.ParseFromString(bytes) ||
      static_cast<uint32_t>(manifest.assets_size()) != assets.files()) {
    return InvalidArgument("the list of assets is not what the version says of it");
  }
  for (const v1::Asset& asset : manifest.assets()) {
    const auto size = store.BlobSize(asset.sha256());
    if (absl::IsNotFound(size.status())) {
      return InvalidArgument("no content came for the asset '{}'", asset.path());
    }
    RETURN_IF_ERROR(size.status());
    if (*size != asset.size_bytes()) {
      return InvalidArgument("the asset '{}' says it has {} bytes, its content has {}",
                             asset.path(), asset.size_bytes(), *size);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Version> Upload::Store(StateStore& store) {
  if (!begun_) return InvalidArgument("an upload begins with the version");
  RETURN_IF_ERROR(EndContent());
  std::vector<std::string_view> contents;
  for (const v1::Module& module : version_.modules()) {
    auto it = contents_.find(module.sha256());
    uint64_t size = 0;
    if (it != contents_.end()) {
      size = it->second.size();
    } else if (auto stored = store.BlobSize(module.sha256()); stored.ok()) {
      size = *stored;
    } else if (stored.status().code() == absl::StatusCode::kNotFound) {
      return InvalidArgument("no content came for module '{}' (SHA-256 {})", module.name(),
                             ToHex(module.sha256()));
    } else {
      return stored.status();
    }
    if (size != module.size_bytes()) {
      return InvalidArgument("module '{}' says it has {} bytes, its content has {}", module.name(),
                             module.size_bytes(), size);
    }
  }
  RETURN_IF_ERROR(CheckAssets(store));
  for (const auto& [sha256, content] : contents_) contents.push_back(content);
  RETURN_IF_ERROR(store.PutBlobs(contents));
  return version_;
}

absl::Status BlobUpload::Add(const v1::UploadBlobsRequest& part) {
  constexpr size_t kBatchBytes = 4 << 20;
  if (part.continues()) {
    if (contents_.empty()) return InvalidArgument("there is no content to continue");
  } else {
    if (bytes_ >= kBatchBytes) RETURN_IF_ERROR(Flush());
    contents_.emplace_back();
    response_.set_blobs(response_.blobs() + 1);
  }
  if (part.blob().size() > StoreLimits().blob_bytes_max - contents_.back().size()) {
    return ResourceExhausted("a content is larger than {} MiB", StoreLimits().blob_bytes_max >> 20);
  }
  contents_.back() += part.blob();
  bytes_ += part.blob().size();
  response_.set_size_bytes(response_.size_bytes() + part.blob().size());
  return absl::OkStatus();
}

absl::Status BlobUpload::Flush() {
  const std::vector<std::string_view> views(contents_.begin(), contents_.end());
  RETURN_IF_ERROR(store_.PutBlobs(views));
  contents_.clear();
  bytes_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<v1::UploadBlobsResponse> BlobUpload::Finish() {
  RETURN_IF_ERROR(Flush());
  return response_;
}

absl::StatusOr<v1::FindMissingBlobsResponse> FindMissingBlobs(
    StateStore& store, const v1::FindMissingBlobsRequest& request) {
  constexpr int kHashesMax = 20'000;
  if (request.sha256_size() > kHashesMax) {
    return InvalidArgument("{} hashes; at most {} are allowed", request.sha256_size(), kHashesMax);
  }
  v1::FindMissingBlobsResponse response;
  for (const std::string& hash : request.sha256()) {
    if (hash.size() != 32) return InvalidArgument("a SHA-256 has 32 bytes, got {}", hash.size());
    const auto size = store.BlobSize(hash);
    if (absl::IsNotFound(size.status())) {
      response.add_sha256(hash);
    } else {
      RETURN_IF_ERROR(size.status());
    }
  }
  return response;
}

}  // namespace terrella::control
