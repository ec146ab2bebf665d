#include "base/sqlite_database.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "base/check.h"
#include "base/status.h"

namespace terrella {
namespace {

// How long a connection waits for another one's lock, e.g. while the writer checkpoints.
constexpr int kBusyTimeoutMs = 5000;
constexpr int kRetryMs = 5;

}  // namespace

absl::Status SqliteDatabase::StatusOf(sqlite3* handle, int code, std::string_view what) {
  const char* text = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DataLoss("{}: {}", what, text);
    case SQLITE_FULL:
      return ResourceExhausted("{}: {}", what, text);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return FailedPrecondition("{}: {}", what, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable("{}: {}", what, text);
    default:
      return Internal("{}: {} (SQLite {})", what, text, code);
  }
}

void SqliteDatabase::Closer::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

absl::StatusOr<SqliteDatabase> SqliteDatabase::Open(const std::filesystem::path& path,
                                                    bool read_only) {
  sqlite3* handle = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX |
              (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  SqliteDatabase database(handle);
  if (code != SQLITE_OK) return StatusOf(handle, code, "opening " + path.string());
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

absl::Status SqliteDatabase::Execute(const char* sql) {
  int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return StatusOf(handle_.get(), code, "database");
  return absl::OkStatus();
}

absl::Status SqliteDatabase::UseWriteAheadLog() {
  absl::Status status;
  for (int waited_ms = 0; waited_ms < kBusyTimeoutMs; waited_ms += kRetryMs) {
    status = Execute("PRAGMA journal_mode = WAL");
    if (!absl::IsUnavailable(status)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryMs));
  }
  return status;
}

absl::StatusOr<SqliteStatement> SqliteDatabase::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code =
      sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return StatusOf(handle_.get(), code, "database");
  return SqliteStatement(statement);
}

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

absl::StatusOr<bool> SqliteStatement::Step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  absl::Status status =
      SqliteDatabase::StatusOf(sqlite3_db_handle(statement_.get()), code, "database");
  sqlite3_reset(statement_.get());
  return status;
}

absl::Status SqliteStatement::Run() {
  while (true) {
    ASSIGN_OR_RETURN(bool row, Step());
    if (!row) return absl::OkStatus();
  }
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

uint64_t SqliteStatement::Integer(int column) const {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

std::string_view SqliteStatement::Blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void SqliteStatement::BindOne(int index, uint64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(value)) ==
        SQLITE_OK);
}

void SqliteStatement::BindOne(int index, std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = value.data() != nullptr ? value.data() : "";
  CHECK(sqlite3_bind_blob64(statement_.get(), index, data, value.size(), SQLITE_STATIC) ==
        SQLITE_OK);
}

void SqliteStatement::BindOne(int index, std::nullptr_t) {
  CHECK(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK);
}

}  // namespace terrella
