// KvCache: a node's copies of KV values, each as old as it is.
//
// Whoever reads says how old a copy may be, as cacheTtl of Workers KV does; that a key does not
// exist is kept like a value. What the node itself wrote is a copy, too, so its workers read their
// own writes. Of writes that overlap nobody here knows which was the last: the next reader fetches.
// Least recently used copies make room. Of the writes whose copies had to go only the newest
// moment is remembered, for all keys together: what was asked before it is not kept.
//
//   stale at most: cacheTtl of the reader    (writes elsewhere are seen then, not before)
//
// Thread: any; the shards of a node share it. Owns: the copies.
// Invariants: (1) at most `bytes_max` are held; (2) what was asked before a write of this node was
// acknowledged never becomes a copy after it, whether or not that write's copy is still here;
// (3) a copy is as old as the question that brought it.
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

  // When something is asked: after which of this node's writes, and at what time.
  struct Moment {
    uint64_t sequence = 0;
    MonotonicTime time{};
    auto operator<=>(const Moment&) const = default;
  };
  Moment Now() const;
  // The sequence from which on a question's answer has this node's last write of the key; it may be
  // later than that write, never earlier.
  uint64_t WrittenAt(std::string_view ns, std::string_view key) const;
  // `asked`: Now() before the fetch began.
  void StoreFetched(std::string_view ns, std::string_view key, Copy copy, Moment asked);
  // Around each write of this node's own. `copy`: what was acknowledged; nothing when it failed, or
  // when nobody knows.
  void BeginWrite(std::string_view ns, std::string_view key);
  void EndWrite(std::string_view ns, std::string_view key, std::optional<Copy> copy);

  size_t bytes() const;

 private:
  struct Entry {
    std::string name;
    Copy copy;
    MonotonicTime asked;
    uint64_t written = 0;     // sequence of this node's last write of the key; 0: none
    bool must_fetch = false;  // it is only here for `written`
    size_t bytes = 0;
  };
  struct Writes {
    int running = 0;
    bool overlapped = false;
    MonotonicTime began;  // of the first
  };
  using Entries = std::list<Entry>;  // most recently used first

  uint64_t WrittenAt(const std::string& name) const;  // under mutex_
  void Store(Entry entry);
  void Erase(Entries::iterator entry);
  void Forget(Entries::iterator entry);

  const Clock& clock_;
  const KvCacheLimits limits_;
  mutable std::mutex mutex_;  // guards everything below
  Entries entries_;
  std::map<std::string, Entries::iterator, std::less<>> by_name_;
  size_t bytes_ = 0;
  uint64_t sequence_ = 0;   // of this node's writes
  uint64_t forgotten_ = 0;  // the newest of those whose entries had to go
  std::map<std::string, Writes, std::less<>> writes_;  // on their way, by name
};

}  // namespace terrella::edge
