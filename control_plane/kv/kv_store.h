// KvStore: the one place where the values of Workers KV are written; what nodes have are copies.
//
// A database of its own beside the control plane's state: values are large, written often by
// workers and of no concern to anyone who follows revisions. A write is acknowledged when it is on
// disk. Expired entries are invisible at once; every write takes a few of them along.
//
// Thread: any; calls take turns. Owns: the database.
// Invariants: (1) a Put or Delete is there whole or not at all; (2) no call shows an expired entry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/sqlite_database.h"

namespace terrella::control {

struct KvLimits {
  size_t key_bytes_max = 512;
  size_t value_bytes_max = 25 << 20;
  size_t metadata_bytes_max = 1024;
  size_t entries_max = 10'000;  // of one call
  size_t get_keys_max = 100;
  size_t list_max = 1000;
  int64_t expires_in_s_min = 60;
  size_t swept_max = 32;  // expired entries that one write removes
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
  // Opens or creates `folder`/kv.db. `clock` outlives the store.
  static absl::StatusOr<std::unique_ptr<KvStore>> Open(const std::filesystem::path& folder,
                                                       const Clock& clock,
                                                       const KvLimits& limits = {});

  const KvLimits& limits() const { return limits_; }

  // INVALID_ARGUMENT names the entry and the rule.
  absl::Status Put(std::string_view ns, const std::vector<KvEntry>& entries);
  absl::Status Delete(std::string_view ns, const std::vector<std::string>& keys);
  // Those that exist, in the order asked.
  absl::StatusOr<std::vector<KvEntry>> Get(std::string_view ns,
                                           const std::vector<std::string>& keys);
  // Keys with the prefix that come after `after`, in byte order.
  struct ListOptions {
    std::string prefix;
    std::string after;
    size_t limit = 1000;
  };
  absl::StatusOr<KvPage> List(std::string_view ns, const ListOptions& options);
  absl::StatusOr<std::vector<KvNamespaceSize>> Namespaces();
  absl::Status DeleteNamespace(std::string_view ns);

 private:
  KvStore(SqliteDatabase database, const Clock& clock, const KvLimits& limits)
      : limits_(limits), clock_(clock), database_(std::move(database)) {}

  absl::Status Prepare();
  absl::Status CheckEntry(const KvEntry& entry) const;
  uint64_t NowS() const;
  // Runs `body` in a transaction, rolled back when it fails.
  template <class Body>
  absl::Status Transact(Body body);

  const KvLimits limits_;
  const Clock& clock_;
  std::mutex mutex_;  // guards everything below
  SqliteDatabase database_;
  SqliteStatement put_, get_, delete_, list_, sizes_, delete_namespace_, sweep_, changes_;
};

}  // namespace terrella::control
