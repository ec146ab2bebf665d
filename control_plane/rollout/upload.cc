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
  for (v1::Module& module : *version_.mutable_modules()) {
    wanted_.insert(module.sha256());
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
    return InvalidArgument("content of {} bytes with SHA-256 {} belongs to no module",
                           content_.size(), ToHex(sha256));
  }
  contents_.emplace(std::move(sha256), std::move(content_));
  content_.clear();
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
  for (const auto& [sha256, content] : contents_) contents.push_back(content);
  RETURN_IF_ERROR(store.PutBlobs(contents));
  return version_;
}

}  // namespace terrella::control
