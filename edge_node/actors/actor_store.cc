#include "edge_node/actors/actor_store.h"

#include <sqlite3.h>

#include "base/digest.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr int kBusyTimeoutMs = 1000;
constexpr uint64_t kPageBytes = 4096;
constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -512;
CREATE TABLE IF NOT EXISTS _terrella_kv(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _terrella_state(
  one INTEGER PRIMARY KEY CHECK(one = 1), epoch INTEGER NOT NULL, alarm_ms INTEGER,
  alarm_retries INTEGER NOT NULL);
INSERT OR IGNORE INTO _terrella_state VALUES(1, 0, NULL, 0);
)sql";

// The least string that is greater than every string with this prefix; empty when there is none.
std::string AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

absl::Status Moved() {
  return FailedPrecondition("the Durable Object was moved to another node");
}

}  // namespace

std::filesystem::path FolderOfNamespace(const std::filesystem::path& folder,
                                        std::string_view namespace_id) {
  return folder / ToHex(Sha256(namespace_id)).substr(0, 32);
}

absl::StatusOr<std::unique_ptr<ActorStore>> ActorStore::Open(const std::filesystem::path& folder,
                                                             const runtime::ActorAddress& address,
                                                             const ActorStoreParts& parts,
                                                             const ActorStoreLimits& limits) {
  WaitFor(parts.pace);
  const auto own = FolderOfNamespace(folder, address.namespace_id);
  std::error_code error;
  std::filesystem::create_directories(own, error);
  if (error) return FailedPrecondition("cannot create {}: {}", own.string(), error.message());
  const auto file = own / (ToHex(Sha256(address.id)).substr(0, 40) + ".sqlite");
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(file, /*read_only=*/false));
  std::unique_ptr<ActorStore> store(new ActorStore(std::move(database), address, parts, limits));
  RETURN_IF_ERROR(store->Prepare());
  RETURN_IF_ERROR(store->TakeOver());
  return store;
}

ActorStore::~ActorStore() = default;

absl::Status ActorStore::Prepare() {
  sqlite3* handle = database_.handle();
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_VARIABLE_NUMBER, static_cast<int>(limits_.sql_parameters_max));
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(limits_.sql_bytes_max));
  RETURN_IF_ERROR(database_.Execute(kSchema));
  const std::string pages =
      fmt::format("PRAGMA max_page_count = {}", limits_.database_bytes_max / kPageBytes);
  RETURN_IF_ERROR(database_.Execute(pages.c_str()));
  const struct {
    SqliteStatement& statement;
    const char* sql;
  } statements[] = {
      {epoch_, "SELECT epoch FROM _terrella_state"},
      {get_, "SELECT value FROM _terrella_kv WHERE key = ?"},
      {put_, "INSERT OR REPLACE INTO _terrella_kv VALUES(?, ?)"},
      {delete_, "DELETE FROM _terrella_kv WHERE key = ?"},
      {get_alarm_, "SELECT alarm_ms, alarm_retries FROM _terrella_state"},
      {set_alarm_, "UPDATE _terrella_state SET alarm_ms = ?, alarm_retries = ?"},
  };
  for (const auto& [statement, sql] : statements) {
    ASSIGN_OR_RETURN(statement, database_.Prepare(sql));
  }
  sqlite3_set_authorizer(handle, &ActorStore::Authorize, this);
  return absl::OkStatus();
}

absl::Status ActorStore::TakeOver() {
  RETURN_IF_ERROR(database_.Execute("BEGIN IMMEDIATE"));
  absl::Status status = CheckOwner();
  if (status.ok()) {
    const std::string sql =
        fmt::format("UPDATE _terrella_state SET epoch = {0} WHERE epoch < {0}", address_.epoch);
    status = database_.Execute(sql.c_str());
  }
  if (status.ok()) return database_.Execute("COMMIT");
  database_.Execute("ROLLBACK").IgnoreError();
  return status;
}

absl::Status ActorStore::CheckOwner() {
  ASSIGN_OR_RETURN(const bool row, epoch_.Bind().Step());
  const uint64_t epoch = row ? epoch_.Integer(0) : 0;
  epoch_.Reset();
  return epoch > address_.epoch ? Moved() : absl::OkStatus();
}

absl::Status ActorStore::Write() {
  if (!failed_.ok()) return failed_;
  if (in_transaction_) return absl::OkStatus();
  WaitFor(pace_);  // not with the file's lock, for which a newer owner waits a second at most
  absl::Status begun = database_.Execute("BEGIN IMMEDIATE");
  if (begun.ok()) {
    in_transaction_ = true;
    begun = CheckOwner();
  }
  if (!begun.ok()) failed_ = begun;
  return begun;
}

absl::StatusOr<std::optional<std::string_view>> ActorStore::Get(std::string_view key) {
  ASSIGN_OR_RETURN(const bool row, get_.Bind(key).Step());
  if (!row) return std::nullopt;
  return get_.Blob(0);  // until get_ is used again
}

absl::Status ActorStore::Put(std::string_view key, std::string_view value) {
  RETURN_IF_ERROR(Write());
  get_.Reset();
  return put_.Bind(key, value).Run();
}

absl::StatusOr<bool> ActorStore::Delete(std::string_view key) {
  RETURN_IF_ERROR(Write());
  get_.Reset();
  RETURN_IF_ERROR(delete_.Bind(key).Run());
  return sqlite3_changes(database_.handle()) > 0;
}

absl::Status ActorStore::DeleteAll() {
  RETURN_IF_ERROR(Write());
  get_.Reset();
  std::vector<std::string> tables;
  ASSIGN_OR_RETURN(SqliteStatement names,
                   database_.Prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('table', "
                                     "'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name "
                                     "NOT LIKE '\\_terrella\\_%' ESCAPE '\\'"));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, names.Step());
    if (!row) break;
    std::string quoted;
    for (const char c : names.Blob(1)) quoted.append(c == '"' ? 2 : 1, c);
    tables.push_back(fmt::format("DROP {} IF EXISTS \"{}\"", names.Blob(0), quoted));
  }
  names.Reset();
  for (const std::string& drop : tables) RETURN_IF_ERROR(database_.Execute(drop.c_str()));
  return database_.Execute("DELETE FROM _terrella_kv");
}

absl::Status ActorStore::List(const ListOptions& options, Each each) {
  std::string sql = "SELECT key, value FROM _terrella_kv WHERE key >= ?1 AND key > ?2";
  const std::string begin = std::max(options.start.value_or(""), options.prefix);
  std::string end = AfterPrefix(options.prefix);
  if (options.end.has_value() && (end.empty() || *options.end < end)) {
    end = *options.end;
    sql += " AND key < ?3";
  } else {
    sql += end.empty() ? " AND ?3 IS NOT NULL" : " AND key < ?3";
  }
  // Keys are blobs: an empty one is less than any other, and is none.
  if (!options.start_after.has_value()) sql.replace(sql.find("key > ?2"), 8, "?2 IS NOT NULL");
  sql += options.reverse ? " ORDER BY key DESC" : " ORDER BY key";
  if (options.limit > 0) sql += fmt::format(" LIMIT {}", options.limit);
  ASSIGN_OR_RETURN(SqliteStatement rows, database_.Prepare(sql.c_str()));
  const std::string after = options.start_after.value_or("");
  rows.Bind(std::string_view(begin), std::string_view(after), std::string_view(end));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows.Step());
    if (!row || !each(rows.Blob(0), rows.Blob(1))) return absl::OkStatus();
  }
}

absl::StatusOr<std::optional<ActorStore::Alarm>> ActorStore::GetAlarm() {
  ASSIGN_OR_RETURN(const bool row, get_alarm_.Bind().Step());
  std::optional<Alarm> alarm;
  if (row && !get_alarm_.IsNull(0)) {
    alarm = Alarm{static_cast<int64_t>(get_alarm_.Integer(0)),
                  static_cast<uint32_t>(get_alarm_.Integer(1))};
  }
  get_alarm_.Reset();
  return alarm;
}

absl::Status ActorStore::SetAlarm(std::optional<Alarm> alarm) {
  RETURN_IF_ERROR(Write());
  alarm_changed_ = true;
  if (!alarm.has_value()) return set_alarm_.Bind(nullptr, uint64_t{0}).Run();
  return set_alarm_.Bind(static_cast<uint64_t>(alarm->unix_ms), uint64_t{alarm->retries}).Run();
}

absl::StatusOr<uint64_t> ActorStore::DatabaseBytes() {
  ASSIGN_OR_RETURN(SqliteStatement size,
                   database_.Prepare("SELECT page_count * page_size FROM pragma_page_count, "
                                     "pragma_page_size"));
  ASSIGN_OR_RETURN(const bool row, size.Step());
  return row ? size.Integer(0) : 0;
}

absl::Status ActorStore::Begin() {
  RETURN_IF_ERROR(Write());
  const std::string sql = fmt::format("SAVEPOINT terrella_{}", depth_);
  RETURN_IF_ERROR(database_.Execute(sql.c_str()));
  ++depth_;
  return absl::OkStatus();
}

absl::Status ActorStore::End(bool commit) {
  if (depth_ == 0) return FailedPrecondition("no transaction has begun");
  --depth_;
  get_.Reset();
  const std::string sql =
      commit ? fmt::format("RELEASE terrella_{}", depth_)
             : fmt::format("ROLLBACK TO terrella_{0}; RELEASE terrella_{0}", depth_);
  return database_.Execute(sql.c_str());
}

absl::Status ActorStore::Commit() {
  if (!failed_.ok()) return failed_;
  if (!in_transaction_) return absl::OkStatus();
  get_.Reset();
  if (sqlite3_get_autocommit(database_.handle()) != 0) {
    return Internal("the transaction was rolled back: the disk may be full");
  }
  std::optional<Alarm> alarm;
  if (alarm_changed_) {
    ASSIGN_OR_RETURN(alarm, GetAlarm());
    if (alarm.has_value() && alarms_ != nullptr) {
      RETURN_IF_ERROR(alarms_->Set(address_, alarm->unix_ms));
    }
  }
  RETURN_IF_ERROR(database_.Execute("COMMIT"));
  in_transaction_ = false;
  if (std::exchange(alarm_changed_, false) && alarms_ != nullptr && !alarm.has_value()) {
    alarms_->Remove(address_).IgnoreError();  // whoever finds it there asks the object
  }
  return absl::OkStatus();
}

}  // namespace terrella::edge
