// KvStore: the one place where the values of Workers KV are written; what nodes have are copies.
//
// Beside the control plane's state and not in it: values are large, written often by workers and of
// no concern to anyone who follows revisions. Two engines: SQLite, in the folder of the one control
// plane there is; etcd, for several. A write is acknowledged when it is on disk (a majority of
// disks). Expired entries are invisible at once, and are removed some time later.
//
// Thread: any; methods block on the disk, or on a network for some seconds.
// Invariants: (1) an entry that is put or deleted is so whole or not at all; what else was in that
//         call may fail on its own where the engine says so; (2) no call shows an expired entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace terrella::control {

struct KvLimits {
  size_t key_bytes_max = 512;
  size_t value_bytes_max = 25 << 20;
  size_t metadata_bytes_max = 1024;
  size_t entries_max = 10'000;  // of one call
  size_t get_keys_max = 100;
  size_t list_max = 1000;
  int64_t expires_in_s_min = 60;
};

struct KvEntry {
  std::string key;
  std::string value;
  std::string metadata;        // JSON text; empty: none
  int64_t expires_unix_s = 0;  // 0: never
};

struct KvPage {
  std::vector<KvEntry> entries;  // without values
  bool complete = true;
};

struct KvNamespaceSize {
  std::string name;
  uint64_t keys = 0;
  uint64_t value_bytes = 0;
};

class KvStore {
 public:
  explicit KvStore(const KvLimits& limits) : limits_(limits) {}
  virtual ~KvStore() = default;

  const KvLimits& limits() const { return limits_; }

  // INVALID_ARGUMENT names the entry and the rule, and nothing is put. Of entries with the same key
  // the last counts.
  virtual absl::Status Put(std::string_view ns, const std::vector<KvEntry>& entries) = 0;
  virtual absl::Status Delete(std::string_view ns, const std::vector<std::string>& keys) = 0;
  // Those that exist, in the order asked.
  virtual absl::StatusOr<std::vector<KvEntry>> Get(std::string_view ns,
                                                   const std::vector<std::string>& keys) = 0;
  // Keys with the prefix that come after `after`, in byte order.
  struct ListOptions {
    std::string prefix;
    std::string after;
    size_t limit = 1000;
  };
  virtual absl::StatusOr<KvPage> List(std::string_view ns, const ListOptions& options) = 0;
  // By name; counts entries that have expired and are still there. Reads every head.
  virtual absl::StatusOr<std::vector<KvNamespaceSize>> Namespaces() = 0;
  // NotFound when nothing is in it.
  virtual absl::Status DeleteNamespace(std::string_view ns) = 0;

 protected:
  // The rules of every engine. INVALID_ARGUMENT.
  absl::Status CheckPut(std::string_view ns, const std::vector<KvEntry>& entries,
                        int64_t now_unix_s) const;
  absl::Status CheckDelete(std::string_view ns, const std::vector<std::string>& keys) const;
  absl::Status CheckGet(std::string_view ns, const std::vector<std::string>& keys) const;
  absl::Status CheckList(std::string_view ns, const ListOptions& options) const;

 private:
  absl::Status CheckEntry(const KvEntry& entry, int64_t now_unix_s) const;

  const KvLimits limits_;
};

// By which entries expire.
int64_t UnixSeconds(const Clock& clock);

// Puts everything there is in `from` into `to`; what expires within a second is left out. How many.
absl::StatusOr<uint64_t> CopyKv(KvStore& from, KvStore& to, int64_t now_unix_s);
// Removes every namespace.
absl::Status ClearKv(KvStore& store);

}  // namespace terrella::control
