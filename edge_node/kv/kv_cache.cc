#include "edge_node/kv/kv_cache.h"

#include <utility>

namespace terrella::edge {
namespace {

constexpr size_t kEntryBytes = 160;  // what an entry costs beside its name and value

// Namespaces have no NUL in their names.
std::string NameOf(std::string_view ns, std::string_view key) {
  std::string name(ns);
  name += '\0';
  name += key;
  return name;
}

}  // namespace

std::optional<KvCache::Copy> KvCache::Find(std::string_view ns, std::string_view key,
                                           Duration age_max) {
  std::lock_guard lock(mutex_);
  auto found = by_name_.find(NameOf(ns, key));
  if (found == by_name_.end()) return std::nullopt;
  const Entry& entry = *found->second;
  const int64_t expires_s = entry.copy.expires_unix_s;
  const bool expired =
      expires_s != 0 && clock_.WallNow().time_since_epoch() >= std::chrono::seconds(expires_s);
  if (expired) return Copy{};
  if (clock_.Now() - entry.fetched >= age_max) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entry.copy;
}

uint64_t KvCache::Sequence() const {
  std::lock_guard lock(mutex_);
  return sequence_;
}

void KvCache::StoreFetched(std::string_view ns, std::string_view key, Copy copy,
                           uint64_t sequence) {
  std::lock_guard lock(mutex_);
  std::string name = NameOf(ns, key);
  auto found = by_name_.find(name);
  if (found != by_name_.end() && found->second->written > sequence) return;
  Store(std::move(name), std::move(copy), 0);
}

void KvCache::StoreWritten(std::string_view ns, std::string_view key, Copy copy) {
  std::lock_guard lock(mutex_);
  Store(NameOf(ns, key), std::move(copy), ++sequence_);
}

void KvCache::Store(std::string name, Copy copy, uint64_t written) {
  if (auto found = by_name_.find(name); found != by_name_.end()) Erase(found->second);
  size_t value_bytes =
      copy.value == nullptr ? 0 : copy.value->bytes.size() + copy.value->metadata.size();
  if (value_bytes > limits_.value_bytes_max) return;
  const size_t bytes = kEntryBytes + 2 * name.size() + value_bytes;
  while (!entries_.empty() && bytes_ + bytes > limits_.bytes_max) Erase(std::prev(entries_.end()));
  if (bytes > limits_.bytes_max) return;
  entries_.push_front({std::move(name), std::move(copy), clock_.Now(), written, bytes});
  by_name_.emplace(entries_.front().name, entries_.begin());
  bytes_ += bytes;
}

void KvCache::Erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

size_t KvCache::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace terrella::edge
