#include "control_plane/store/etcd_blobs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/digest.h"
#include "base/status.h"
#include "control_plane/store/etcd_txn.h"

namespace terrella::control {
namespace {

constexpr size_t kChunkBytes = size_t{512} << 10;
constexpr size_t kKeptMax = 32;  // values: 16 MiB at most

}  // namespace

absl::Status EtcdBlobs::Put(std::span<const std::string_view> contents) {
  for (std::string_view content : contents) {
    if (content.size() > bytes_max_) {
      return InvalidArgument("content of {} bytes is over the limit of {}", content.size(),
                             bytes_max_);
    }
  }
  for (std::string_view content : contents) RETURN_IF_ERROR(PutOne(content));
  return absl::OkStatus();
}

absl::Status EtcdBlobs::PutOne(std::string_view content) {
  const std::string sha256 = Sha256(content);
  const absl::Status known = Size(sha256).status();
  if (known.code() != absl::StatusCode::kNotFound) return known;
  const std::string hex = ToHex(sha256);
  for (uint64_t part = 0; part * kChunkBytes < content.size(); ++part) {
    RETURN_IF_ERROR(
        PutKey(keys_.chunk(hex, part), content.substr(part * kChunkBytes, kChunkBytes)));
  }
  return PutKey(keys_.blob(hex), std::to_string(content.size()));
}

absl::Status EtcdBlobs::PutKey(std::string key, std::string_view value) {
  etcd::TxnRequest request;
  AddPut(std::move(key), std::string(value), request);
  return client_.Txn(request).status();
}

absl::StatusOr<std::string> EtcdBlobs::GetKey(const std::string& key) {
  {
    std::lock_guard lock(mutex_);
    const auto it =
        std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.key == key; });
    if (it != kept_.end()) {
      kept_.splice(kept_.begin(), kept_, it);
      return it->value;
    }
  }
  etcd::RangeRequest request;
  request.set_key(key);
  ASSIGN_OR_RETURN(etcd::RangeResponse response, client_.Range(request));
  if (response.kvs().empty()) return NotFound("no key '{}' in etcd", key);
  std::string value = std::move(*response.mutable_kvs(0)->mutable_value());
  std::lock_guard lock(mutex_);
  kept_.push_front({key, value});
  if (kept_.size() > kKeptMax) kept_.pop_back();
  return value;
}

absl::StatusOr<std::vector<std::string>> EtcdBlobs::List() {
  const std::string all = keys_.blob("");
  etcd::RangeRequest request;
  request.set_key(all);
  request.set_range_end(EtcdKeys::End(all));
  request.set_keys_only(true);
  ASSIGN_OR_RETURN(const etcd::RangeResponse response, client_.Range(request));
  std::vector<std::string> names;
  for (const etcd::KeyValue& kv : response.kvs()) {
    ASSIGN_OR_RETURN(std::string name, FromHex(std::string_view(kv.key()).substr(all.size())));
    names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<uint64_t> EtcdBlobs::Size(std::string_view sha256) {
  const absl::StatusOr<std::string> text = GetKey(keys_.blob(ToHex(sha256)));
  if (text.status().code() == absl::StatusCode::kNotFound) {
    return NotFound("no content with SHA-256 {}", ToHex(sha256));
  }
  RETURN_IF_ERROR(text.status());
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
  if (error != std::errc() || end != text->data() + text->size()) {
    return DataLoss("the size of content {} is '{}'", ToHex(sha256), *text);
  }
  return size;
}

absl::StatusOr<std::string> EtcdBlobs::Read(std::string_view sha256, uint64_t offset,
                                            size_t bytes_max) {
  ASSIGN_OR_RETURN(const uint64_t size, Size(sha256));
  if (offset > size) return OutOfRange("offset {} is past the end of {} bytes", offset, size);
  const std::string hex = ToHex(sha256);
  uint64_t left = std::min<uint64_t>(bytes_max, size - offset);
  std::string out;
  out.reserve(left);
  while (left > 0) {
    const uint64_t part = offset / kChunkBytes, within = offset % kChunkBytes;
    const absl::StatusOr<std::string> chunk = GetKey(keys_.chunk(hex, part));
    const bool missing = chunk.status().code() == absl::StatusCode::kNotFound;
    if (missing || (chunk.ok() && chunk->size() <= within)) {
      return DataLoss("part {} of content {} is missing", part, hex);
    }
    RETURN_IF_ERROR(chunk.status());
    const std::string_view data = std::string_view(*chunk).substr(within, left);
    out.append(data);
    offset += data.size();
    left -= data.size();
  }
  return out;
}

}  // namespace terrella::control
