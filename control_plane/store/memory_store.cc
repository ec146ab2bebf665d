#include "control_plane/store/memory_store.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::control {

MemoryStore::MemoryStore(const StoreLimits& limits) : limits_(limits), epoch_(NewEpoch()) {}

absl::StatusOr<RangeResult> MemoryStore::Range(std::string_view prefix) {
  std::lock_guard lock(mutex_);
  RangeResult result{.revision = revision_, .records = {}};
  for (auto it = records_.lower_bound(prefix); it != records_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    result.records.push_back(it->second);
  }
  return result;
}

absl::StatusOr<Record> MemoryStore::Get(std::string_view key) {
  std::lock_guard lock(mutex_);
  auto it = records_.find(key);
  if (it == records_.end()) return NotFound("no key '{}'", key);
  return it->second;
}

absl::StatusOr<TxnResult> MemoryStore::Txn(const TxnRequest& request) {
  RETURN_IF_ERROR(CheckTxn(request, limits_));
  std::lock_guard lock(mutex_);
  if (auto it = requests_.find(request.request_id); it != requests_.end()) {
    TxnResult result = it->second;
    result.replayed = true;
    return result;
  }
  for (const Compare& compare : request.compares) {
    auto it = records_.find(compare.key);
    Revision modified = it == records_.end() ? 0 : it->second.modified;
    if (modified != compare.modified) {
      return Aborted("key '{}' is at revision {}, expected {}", compare.key, modified,
                     compare.modified);
    }
  }
  std::vector<Event> events = Apply(request.ops, revision_ + 1);
  if (!events.empty()) {
    ++revision_;
    hub_.Publish(revision_, events);
    log_.emplace(revision_, std::move(events));
    if (revision_ > limits_.log_revisions) CompactLocked(revision_ - limits_.log_revisions);
  }
  TxnResult result{.revision = revision_, .replayed = false, .result = request.result};
  if (!request.request_id.empty()) {
    requests_.emplace(request.request_id, result);
    std::erase_if(requests_, [&](const auto& entry) {
      return entry.second.revision + limits_.request_revisions < revision_;
    });
  }
  return result;
}

std::vector<Event> MemoryStore::Apply(const std::vector<Op>& ops, Revision revision) {
  std::vector<Event> events;
  for (const Op& op : ops) {
    auto it = records_.find(op.key);
    if (op.kind == Op::Kind::kDelete) {
      if (it == records_.end()) continue;
      events.push_back({true, {op.key, {}, it->second.created, revision}});
      records_.erase(it);
      continue;
    }
    Revision created = it == records_.end() ? revision : it->second.created;
    Record record{op.key, op.value, created, revision};
    events.push_back({false, record});
    records_.insert_or_assign(op.key, std::move(record));
  }
  return events;
}

absl::StatusOr<std::optional<TxnResult>> MemoryStore::FindRequest(std::string_view request_id) {
  std::lock_guard lock(mutex_);
  auto it = requests_.find(request_id);
  if (it == requests_.end()) return std::optional<TxnResult>();
  TxnResult result = it->second;
  result.replayed = true;
  return std::optional<TxnResult>(std::move(result));
}

absl::StatusOr<std::unique_ptr<Watch>> MemoryStore::WatchPrefix(std::string_view prefix,
                                                                Revision after,
                                                                WatchCallback callback) {
  std::lock_guard lock(mutex_);
  if (after < compacted_) {
    return OutOfRange("the log before revision {} is compacted, asked from {}", compacted_, after);
  }
  for (auto it = log_.upper_bound(after); it != log_.end(); ++it) {
    WatchHub::Deliver(prefix, callback, it->first, it->second);
  }
  return hub_.Add(prefix, std::move(callback));
}

absl::Status MemoryStore::Compact(Revision revision) {
  std::lock_guard lock(mutex_);
  if (revision > revision_) {
    return OutOfRange("cannot compact up to {}, the store is at {}", revision, revision_);
  }
  CompactLocked(revision);
  return absl::OkStatus();
}

void MemoryStore::CompactLocked(Revision revision) {
  compacted_ = std::max(compacted_, revision);
  log_.erase(log_.begin(), log_.upper_bound(compacted_));
}

Revision MemoryStore::compacted() {
  std::lock_guard lock(mutex_);
  return compacted_;
}

Revision MemoryStore::revision() {
  std::lock_guard lock(mutex_);
  return revision_;
}

absl::Status MemoryStore::PutBlobs(std::span<const std::string_view> contents) {
  for (std::string_view content : contents) {
    if (content.size() > limits_.blob_bytes_max) {
      return InvalidArgument("content of {} bytes is over the limit of {}", content.size(),
                             limits_.blob_bytes_max);
    }
  }
  std::lock_guard lock(mutex_);
  for (std::string_view content : contents) blobs_.try_emplace(Sha256(content), content);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryStore::ListBlobs() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [sha256, content] : blobs_) names.push_back(sha256);
  return names;
}

absl::StatusOr<uint64_t> MemoryStore::BlobSize(std::string_view sha256) {
  std::lock_guard lock(mutex_);
  auto it = blobs_.find(sha256);
  if (it == blobs_.end()) return NotFound("no content with SHA-256 {}", ToHex(sha256));
  return it->second.size();
}

absl::StatusOr<std::string> MemoryStore::ReadBlob(std::string_view sha256, uint64_t offset,
                                                  size_t bytes_max) {
  std::lock_guard lock(mutex_);
  auto it = blobs_.find(sha256);
  if (it == blobs_.end()) return NotFound("no content with SHA-256 {}", ToHex(sha256));
  if (offset > it->second.size()) {
    return OutOfRange("offset {} is past the end of {} bytes", offset, it->second.size());
  }
  return it->second.substr(offset, bytes_max);
}

absl::StatusOr<std::unique_ptr<Leadership>> MemoryStore::Campaign(const CampaignOptions& options) {
  return election_.Campaign(options);
}

uint64_t MemoryStore::epoch() {
  std::lock_guard lock(mutex_);
  return epoch_;
}

absl::Status MemoryStore::RenewEpoch() {
  std::lock_guard lock(mutex_);
  epoch_ = NewEpoch();
  return absl::OkStatus();
}

}  // namespace terrella::control
