// KvCache: a node's copies of KV values, each as old as it is.
//
// Whoever reads says how old a copy may be, as cacheTtl of Workers KV does; that a key does not
// exist is kept like a value. What the node itself wrote is a copy from that moment on, so its
// workers read their own writes. Least recently used copies make room.
//
//   stale at most: cacheTtl of the reader    (writes elsewhere are seen then, not before)
//
// Thread: any; the shards of a node share it. Owns: the copies.
// Invariants: (1) at most `bytes_max` are held; (2) a copy fetched before a write of this node
// never replaces it.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "edge_node/runtime/kv.h"

namespace terrella::edge {

struct KvCacheLimits {
  size_t bytes_max = 16 << 20;
  size_t value_bytes_max = 4 << 20;  // larger values are not kept
};

class KvCache {
 public:
  // `clock` outlives it.
  explicit KvCache(const Clock& clock, const KvCacheLimits& limits = {})
      : clock_(clock), limits_(limits) {}

  struct Copy {
    std::shared_ptr<const runtime::KvValue> value;  // null: the key does not exist
    int64_t expires_unix_s = 0;
  };
  // The copy, when there is one not older than `age_max`.
  std::optional<Copy> Find(std::string_view ns, std::string_view key, Duration age_max);

  // What to give StoreFetched: taken before the fetch begins.
  uint64_t Sequence() const;
  void StoreFetched(std::string_view ns, std::string_view key, Copy copy, uint64_t sequence);
  // This node's own write, when it is acknowledged.
  void StoreWritten(std::string_view ns, std::string_view key, Copy copy);

  size_t bytes() const;

 private:
  struct Entry {
    std::string name;
    Copy copy;
    MonotonicTime fetched;
    uint64_t written = 0;  // sequence of the write it is of; 0: fetched
    size_t bytes = 0;
  };
  using Entries = std::list<Entry>;  // most recently used first

  void Store(std::string name, Copy copy, uint64_t written);
  void Erase(Entries::iterator entry);

  const Clock& clock_;
  const KvCacheLimits limits_;
  mutable std::mutex mutex_;  // guards everything below
  Entries entries_;
  std::map<std::string, Entries::iterator, std::less<>> by_name_;
  size_t bytes_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace terrella::edge
