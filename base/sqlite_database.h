// SqliteDatabase and SqliteStatement: one SQLite connection and its prepared statements as values
// with owners, and SQLite's error codes as absl::Status.
//
// Thread: one at a time (the owner locks).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace terrella {

class SqliteStatement;

class SqliteDatabase {
 public:
  // Opens or creates the file. `read_only` connections see what the writer has committed.
  static absl::StatusOr<SqliteDatabase> Open(const std::filesystem::path& path, bool read_only);

  // Runs statements without parameters or results.
  absl::Status Execute(const char* sql);
  // Readers do not wait for the writer. Waits for others that do the same to a new file: for that
  // SQLite does not wait by itself.
  absl::Status UseWriteAheadLog();
  absl::StatusOr<SqliteStatement> Prepare(const char* sql);
  // For what this class does not wrap.
  sqlite3* handle() const { return handle_.get(); }
  // What an error code of SQLite means; `what` begins the message.
  static absl::Status StatusOf(sqlite3* handle, int code, std::string_view what);

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  explicit SqliteDatabase(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Closer> handle_;
};

// Bind the parameters in order, Step through the rows, read columns; Bind after a Step starts anew.
// Text and blobs are bound without copying: they must live until the last Step.
class SqliteStatement {
 public:
  SqliteStatement() = default;

  template <class... Args>
  SqliteStatement& Bind(const Args&... args) {
    Reset();
    int index = 0;
    (BindOne(++index, args), ...);
    return *this;
  }
  // True when there is a row.
  absl::StatusOr<bool> Step();
  // Steps to the end; for statements without rows.
  absl::Status Run();
  // Lets go of locks and bound memory.
  void Reset();

  uint64_t Integer(int column) const;
  std::string_view Blob(int column) const;  // valid until the next Step, Bind or Reset
  bool IsNull(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  void BindOne(int index, uint64_t value);
  void BindOne(int index, std::string_view value);
  void BindOne(int index, std::nullptr_t);

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

}  // namespace terrella
