// SqliteKvStore: Workers KV in a database of its own, `kv.db` in the control plane's folder.
//
// A call is one transaction. Every write takes a few expired entries along.
//
// Thread: any; calls take turns. Owns: the database.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/sqlite_database.h"
#include "control_plane/kv/kv_store.h"

namespace terrella::control {

class SqliteKvStore final : public KvStore {
 public:
  // Opens or creates `folder`/kv.db. `clock` outlives the store.
  static absl::StatusOr<std::unique_ptr<SqliteKvStore>> Open(const std::filesystem::path& folder,
                                                             const Clock& clock,
                                                             const KvLimits& limits = {});

  absl::Status Put(std::string_view ns, const std::vector<KvEntry>& entries) override;
  absl::Status Delete(std::string_view ns, const std::vector<std::string>& keys) override;
  absl::StatusOr<std::vector<KvEntry>> Get(std::string_view ns,
                                           const std::vector<std::string>& keys) override;
  absl::StatusOr<KvPage> List(std::string_view ns, const ListOptions& options) override;
  absl::StatusOr<std::vector<KvNamespaceSize>> Namespaces() override;
  absl::Status DeleteNamespace(std::string_view ns) override;

 private:
  SqliteKvStore(SqliteDatabase database, const Clock& clock, const KvLimits& limits)
      : KvStore(limits), clock_(clock), database_(std::move(database)) {}

  absl::Status Prepare();
  // Runs `body` in a transaction, rolled back when it fails.
  template <class Body>
  absl::Status Transact(Body body);

  const Clock& clock_;
  std::mutex mutex_;  // guards everything below
  SqliteDatabase database_;
  SqliteStatement put_, get_, delete_, list_, sizes_, delete_namespace_, sweep_, changes_;
};

}  // namespace terrella::control
