#include "edge_node/kv/kv_cache.h"

#include <algorithm>
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
  // Also of a copy that has expired: somebody may have written the key again.
  if (entry.must_fetch || clock_.Now() - entry.asked >= age_max) return std::nullopt;
  const int64_t expires_s = entry.copy.expires_unix_s;
  const bool expired =
      expires_s != 0 && clock_.WallNow().time_since_epoch() >= std::chrono::seconds(expires_s);
  if (expired) return Copy{};
  entries_.splice(entries_.begin(), entries_, found->second);
  return entry.copy;
}

KvCache::Moment KvCache::Now() const {
  std::lock_guard lock(mutex_);
  return {sequence_, clock_.Now()};
}

uint64_t KvCache::WrittenAt(std::string_view ns, std::string_view key) const {
  std::lock_guard lock(mutex_);
  return WrittenAt(NameOf(ns, key));
}

uint64_t KvCache::WrittenAt(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? forgotten_ : found->second->written;
}

void KvCache::StoreFetched(std::string_view ns, std::string_view key, Copy copy, Moment asked) {
  std::lock_guard lock(mutex_);
  std::string name = NameOf(ns, key);
  const uint64_t written = WrittenAt(name);
  if (written > asked.sequence) return;
  const auto found = by_name_.find(name);
  if (found != by_name_.end() && !found->second->must_fetch && found->second->asked > asked.time) {
    return;  // another shard asked later and was answered sooner
  }
  Store(
      {.name = std::move(name), .copy = std::move(copy), .asked = asked.time, .written = written});
}

void KvCache::BeginWrite(std::string_view ns, std::string_view key) {
  std::lock_guard lock(mutex_);
  Writes& writes = writes_[NameOf(ns, key)];
  if (writes.running == 0) writes.began = clock_.Now();
  if (++writes.running > 1) writes.overlapped = true;
}

void KvCache::EndWrite(std::string_view ns, std::string_view key, std::optional<Copy> copy) {
  std::lock_guard lock(mutex_);
  std::string name = NameOf(ns, key);
  const auto writes = writes_.find(name);
  const auto [running, overlapped, began] = writes->second;
  if (running == 1) {
    writes_.erase(writes);
  } else {
    --writes->second.running;
  }
  if (!copy) return;
  Store({.name = std::move(name),
         .copy = overlapped ? Copy{} : *std::move(copy),
         .asked = began,
         .written = ++sequence_,
         .must_fetch = overlapped});
}

void KvCache::Store(Entry entry) {
  if (auto found = by_name_.find(entry.name); found != by_name_.end()) Erase(found->second);
  const auto value_bytes = [&] {
    const auto& value = entry.copy.value;
    return value == nullptr ? 0 : value->bytes.size() + value->metadata.size();
  };
  if (value_bytes() > limits_.value_bytes_max) {
    if (entry.written <= forgotten_) return;
    entry.copy = {};
    entry.must_fetch = true;
  }
  entry.bytes = kEntryBytes + 2 * entry.name.size() + value_bytes();
  while (!entries_.empty() && bytes_ + entry.bytes > limits_.bytes_max) {
    Forget(std::prev(entries_.end()));
  }
  if (entry.bytes > limits_.bytes_max) {
    forgotten_ = std::max(forgotten_, entry.written);
    return;
  }
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  by_name_.emplace(entries_.front().name, entries_.begin());
}

void KvCache::Erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

void KvCache::Forget(Entries::iterator entry) {
  forgotten_ = std::max(forgotten_, entry->written);
  Erase(entry);
}

size_t KvCache::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace terrella::edge
