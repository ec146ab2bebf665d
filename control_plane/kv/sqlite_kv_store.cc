#include "control_plane/kv/sqlite_kv_store.h"

#include "base/status.h"

namespace terrella::control {
namespace {

constexpr uint64_t kSweptMax = 32;  // expired entries that one write removes

constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS entries(
  namespace BLOB NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  metadata BLOB NOT NULL,
  expires_s INTEGER NOT NULL,
  PRIMARY KEY(namespace, key));
CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries(expires_s) WHERE expires_s > 0;
)sql";

// The least string that is greater than every string with this prefix; empty when there is none.
std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteKvStore>> SqliteKvStore::Open(
    const std::filesystem::path& folder, const Clock& clock, const KvLimits& limits) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition("cannot create {}: {}", folder.string(), error.message());
  ASSIGN_OR_RETURN(SqliteDatabase database,
                   SqliteDatabase::Open(folder / "kv.db", /*read_only=*/false));
  std::unique_ptr<SqliteKvStore> store(new SqliteKvStore(std::move(database), clock, limits));
  RETURN_IF_ERROR(store->Prepare());
  return store;
}

absl::Status SqliteKvStore::Prepare() {
  RETURN_IF_ERROR(database_.Execute(kSchema));
  const struct {
    SqliteStatement& statement;
    const char* sql;
  } statements[] = {
      {put_, "INSERT OR REPLACE INTO entries VALUES(?, ?, ?, ?, ?)"},
      {get_,
       "SELECT value, metadata, expires_s FROM entries WHERE namespace = ? AND key = ? AND "
       "(expires_s = 0 OR "
       "expires_s > ?)"},
      {delete_, "DELETE FROM entries WHERE namespace = ? AND key = ?"},
      // Parameters: namespace, after, not before, end or null, now, limit.
      {list_,
       "SELECT key, metadata, expires_s FROM entries WHERE namespace = ?1 AND key > ?2 AND key >= "
       "?3 AND (?4 IS NULL "
       "OR key < ?4) AND (expires_s = 0 OR expires_s > ?5) ORDER BY key LIMIT ?6"},
      {sizes_,
       "SELECT namespace, count(*), sum(length(value)) FROM entries GROUP BY namespace ORDER BY "
       "namespace"},
      {delete_namespace_, "DELETE FROM entries WHERE namespace = ?"},
      {sweep_,
       "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE expires_s > 0 AND "
       "expires_s <= ? LIMIT ?)"},
      {changes_, "SELECT changes()"},
  };
  for (const auto& [statement, sql] : statements) {
    ASSIGN_OR_RETURN(statement, database_.Prepare(sql));
  }
  return absl::OkStatus();
}

template <class Body>
absl::Status SqliteKvStore::Transact(Body body) {
  RETURN_IF_ERROR(database_.Execute("BEGIN IMMEDIATE"));
  absl::Status status = body();
  if (status.ok()) status = database_.Execute("COMMIT");
  if (!status.ok()) database_.Execute("ROLLBACK").IgnoreError();
  return status;
}

absl::Status SqliteKvStore::Put(std::string_view ns, const std::vector<KvEntry>& entries) {
  RETURN_IF_ERROR(CheckPut(ns, entries, UnixSeconds(clock_)));
  std::lock_guard lock(mutex_);
  return Transact([&]() -> absl::Status {
    for (const KvEntry& entry : entries) {
      RETURN_IF_ERROR(put_.Bind(ns, std::string_view(entry.key), std::string_view(entry.value),
                                std::string_view(entry.metadata),
                                static_cast<uint64_t>(entry.expires_unix_s))
                          .Run());
    }
    return sweep_.Bind(static_cast<uint64_t>(UnixSeconds(clock_)), kSweptMax).Run();
  });
}

absl::Status SqliteKvStore::Delete(std::string_view ns, const std::vector<std::string>& keys) {
  RETURN_IF_ERROR(CheckDelete(ns, keys));
  std::lock_guard lock(mutex_);
  return Transact([&]() -> absl::Status {
    for (const std::string& key : keys)
      RETURN_IF_ERROR(delete_.Bind(ns, std::string_view(key)).Run());
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<KvEntry>> SqliteKvStore::Get(std::string_view ns,
                                                        const std::vector<std::string>& keys) {
  RETURN_IF_ERROR(CheckGet(ns, keys));
  std::lock_guard lock(mutex_);
  std::vector<KvEntry> entries;
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(
        bool found,
        get_.Bind(ns, std::string_view(key), static_cast<uint64_t>(UnixSeconds(clock_))).Step());
    if (!found) continue;
    entries.push_back({key, std::string(get_.Blob(0)), std::string(get_.Blob(1)),
                       static_cast<int64_t>(get_.Integer(2))});
  }
  get_.Reset();
  return entries;
}

absl::StatusOr<KvPage> SqliteKvStore::List(std::string_view ns, const ListOptions& options) {
  RETURN_IF_ERROR(CheckList(ns, options));
  std::lock_guard lock(mutex_);
  const std::string end = AfterPrefix(options.prefix);
  const std::string_view after = options.after, prefix = options.prefix;
  const uint64_t rows = options.limit + 1;  // one more tells whether there are more
  if (end.empty()) {
    list_.Bind(ns, after, prefix, nullptr, static_cast<uint64_t>(UnixSeconds(clock_)), rows);
  } else {
    list_.Bind(ns, after, prefix, std::string_view(end), static_cast<uint64_t>(UnixSeconds(clock_)),
               rows);
  }
  KvPage page;
  while (true) {
    ASSIGN_OR_RETURN(bool row, list_.Step());
    if (!row) break;
    if (page.entries.size() == options.limit) {
      page.complete = false;
      break;
    }
    page.entries.push_back({std::string(list_.Blob(0)),
                            {},
                            std::string(list_.Blob(1)),
                            static_cast<int64_t>(list_.Integer(2))});
  }
  list_.Reset();
  return page;
}

absl::StatusOr<std::vector<KvNamespaceSize>> SqliteKvStore::Namespaces() {
  std::lock_guard lock(mutex_);
  std::vector<KvNamespaceSize> all;
  sizes_.Reset();
  while (true) {
    ASSIGN_OR_RETURN(bool row, sizes_.Step());
    if (!row) break;
    all.push_back({std::string(sizes_.Blob(0)), sizes_.Integer(1), sizes_.Integer(2)});
  }
  sizes_.Reset();
  return all;
}

absl::Status SqliteKvStore::DeleteNamespace(std::string_view ns) {
  RETURN_IF_ERROR(CheckDelete(ns, {}));
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(delete_namespace_.Bind(ns).Run());
  ASSIGN_OR_RETURN(bool row, changes_.Bind().Step());
  bool none = row && changes_.Integer(0) == 0;
  changes_.Reset();
  return none ? NotFound("there is no KV namespace '{}'", ns) : absl::OkStatus();
}

}  // namespace terrella::control
