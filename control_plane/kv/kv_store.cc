#include "control_plane/kv/kv_store.h"

#include <chrono>
#include <utility>

#include "base/status.h"
#include "bundle/names.h"

namespace terrella::control {
namespace {

// Read by one call of a copy: values are up to 25 MiB.
constexpr size_t kReadKeys = 4;

std::string Shown(std::string_view key) {
  constexpr size_t kShown = 40;
  return key.size() <= kShown ? std::string(key) : std::string(key.substr(0, kShown)) + "...";
}

// Entries on their way into a namespace, some at a time.
class Batch {
 public:
  Batch(KvStore& to, std::string_view ns) : to_(to), ns_(ns) {}

  absl::Status Add(std::vector<KvEntry> entries) {
    constexpr size_t kEntriesMax = 500, kBytesMax = size_t{8} << 20;
    for (KvEntry& entry : entries) {
      bytes_ += entry.key.size() + entry.value.size();
      entries_.push_back(std::move(entry));
    }
    return entries_.size() >= kEntriesMax || bytes_ >= kBytesMax ? Flush() : absl::OkStatus();
  }
  absl::Status Flush() {
    bytes_ = 0;
    return to_.Put(ns_, std::exchange(entries_, {}));
  }

 private:
  KvStore& to_;
  const std::string_view ns_;
  std::vector<KvEntry> entries_;
  size_t bytes_ = 0;
};

}  // namespace

absl::Status KvStore::CheckEntry(const KvEntry& entry, int64_t now_unix_s) const {
  const std::string& key = entry.key;
  if (key.empty() || key == "." || key == ".." || key.size() > limits_.key_bytes_max) {
    return InvalidArgument("'{}' is no KV key: expected 1 to {} bytes, not '.' and not '..'",
                           Shown(key), limits_.key_bytes_max);
  }
  if (entry.value.size() > limits_.value_bytes_max) {
    return InvalidArgument("key '{}': the value has {} bytes; at most {} are allowed", Shown(key),
                           entry.value.size(), limits_.value_bytes_max);
  }
  if (entry.metadata.size() > limits_.metadata_bytes_max) {
    return InvalidArgument("key '{}': the metadata has {} bytes as JSON; at most {} are allowed",
                           Shown(key), entry.metadata.size(), limits_.metadata_bytes_max);
  }
  if (entry.expires_unix_s != 0 && entry.expires_unix_s < now_unix_s + limits_.expires_in_s_min) {
    return InvalidArgument("key '{}': it would expire in less than {} s", Shown(key),
                           limits_.expires_in_s_min);
  }
  return absl::OkStatus();
}

absl::Status KvStore::CheckPut(std::string_view ns, const std::vector<KvEntry>& entries,
                               int64_t now_unix_s) const {
  RETURN_IF_ERROR(bundle::CheckKvNamespace(ns));
  if (entries.size() > limits_.entries_max) {
    return InvalidArgument("{} entries in one call; at most {} are allowed", entries.size(),
                           limits_.entries_max);
  }
  for (const KvEntry& entry : entries) RETURN_IF_ERROR(CheckEntry(entry, now_unix_s));
  return absl::OkStatus();
}

absl::Status KvStore::CheckDelete(std::string_view ns, const std::vector<std::string>& keys) const {
  RETURN_IF_ERROR(bundle::CheckKvNamespace(ns));
  if (keys.size() <= limits_.entries_max) return absl::OkStatus();
  return InvalidArgument("{} keys in one call; at most {} are allowed", keys.size(),
                         limits_.entries_max);
}

absl::Status KvStore::CheckGet(std::string_view ns, const std::vector<std::string>& keys) const {
  RETURN_IF_ERROR(bundle::CheckKvNamespace(ns));
  if (keys.size() <= limits_.get_keys_max) return absl::OkStatus();
  return InvalidArgument("{} keys in one call; at most {} are allowed", keys.size(),
                         limits_.get_keys_max);
}

absl::Status KvStore::CheckList(std::string_view ns, const ListOptions& options) const {
  RETURN_IF_ERROR(bundle::CheckKvNamespace(ns));
  if (options.limit > 0 && options.limit <= limits_.list_max) return absl::OkStatus();
  return InvalidArgument("a list's limit is 1 to {}, got {}", limits_.list_max, options.limit);
}

int64_t UnixSeconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.WallNow().time_since_epoch())
      .count();
}

absl::StatusOr<uint64_t> CopyKv(KvStore& from, KvStore& to, int64_t now_unix_s) {
  ASSIGN_OR_RETURN(const std::vector<KvNamespaceSize> namespaces, from.Namespaces());
  uint64_t copied = 0;
  for (const KvNamespaceSize& ns : namespaces) {
    Batch batch(to, ns.name);
    KvStore::ListOptions options{.limit = from.limits().list_max};
    for (bool complete = false; !complete;) {
      ASSIGN_OR_RETURN(const KvPage page, from.List(ns.name, options));
      complete = page.complete;
      std::vector<std::string> keys;
      for (const KvEntry& entry : page.entries) {
        options.after = entry.key;
        const bool lasts = entry.expires_unix_s == 0 || entry.expires_unix_s > now_unix_s + 1;
        if (lasts) keys.push_back(entry.key);
        if (keys.size() < kReadKeys && &entry != &page.entries.back()) continue;
        ASSIGN_OR_RETURN(std::vector<KvEntry> entries, from.Get(ns.name, keys));
        keys.clear();
        copied += entries.size();
        RETURN_IF_ERROR(batch.Add(std::move(entries)));
      }
    }
    RETURN_IF_ERROR(batch.Flush());
  }
  return copied;
}

absl::Status ClearKv(KvStore& store) {
  ASSIGN_OR_RETURN(const std::vector<KvNamespaceSize> namespaces, store.Namespaces());
  for (const KvNamespaceSize& ns : namespaces) RETURN_IF_ERROR(store.DeleteNamespace(ns.name));
  return absl::OkStatus();
}

}  // namespace terrella::control
