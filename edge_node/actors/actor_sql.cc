// ActorStore's statements that an object writes itself: what they may do, and how much.
#include <sqlite3.h>

#include <algorithm>
#include <string_view>

#include "base/status.h"
#include "edge_node/actors/actor_store.h"

namespace terrella::edge {
namespace {

using runtime::SqlResult;
using runtime::SqlValue;

constexpr int kProgressEvery = 10'000;  // instructions of SQLite's machine
constexpr std::string_view kOwnPrefix = "_terrella_";

bool IsOwn(const char* name) {
  return name != nullptr && std::string_view(name).starts_with(kOwnPrefix);
}

// Pragmas that only tell.
bool MayAskPragma(const char* name, const char* argument) {
  static constexpr std::string_view kTelling[] = {
      "table_info",        "table_list",  "table_xinfo",      "index_info",
      "index_list",        "index_xinfo", "foreign_key_list", "function_list",
      "foreign_key_check", "quick_check", "data_version"};
  static constexpr std::string_view kSettable[] = {"defer_foreign_keys", "case_sensitive_like"};
  const std::string_view pragma(name == nullptr ? "" : name);
  if (std::find(std::begin(kSettable), std::end(kSettable), pragma) != std::end(kSettable)) {
    return true;
  }
  return std::find(std::begin(kTelling), std::end(kTelling), pragma) != std::end(kTelling) &&
         !IsOwn(argument);
}

bool MayMakeVirtual(const char* module) {
  const std::string_view name(module == nullptr ? "" : module);
  return name == "fts5" || name == "fts5vocab";
}

void BindValue(sqlite3_stmt* statement, int index, const SqlValue& value) {
  switch (value.kind) {
    case SqlValue::Kind::kNull:
      sqlite3_bind_null(statement, index);
      break;
    case SqlValue::Kind::kInteger:
      sqlite3_bind_int64(statement, index, value.integer);
      break;
    case SqlValue::Kind::kReal:
      sqlite3_bind_double(statement, index, value.real);
      break;
    case SqlValue::Kind::kText:
      sqlite3_bind_text64(statement, index, value.bytes.data(), value.bytes.size(), SQLITE_STATIC,
                          SQLITE_UTF8);
      break;
    case SqlValue::Kind::kBlob:
      sqlite3_bind_blob64(statement, index, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
      break;
  }
}

SqlValue ReadColumn(sqlite3_stmt* statement, int column) {
  SqlValue value;
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      value.kind = SqlValue::Kind::kInteger;
      value.integer = sqlite3_column_int64(statement, column);
      break;
    case SQLITE_FLOAT:
      value.kind = SqlValue::Kind::kReal;
      value.real = sqlite3_column_double(statement, column);
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const bool is_text = sqlite3_column_type(statement, column) == SQLITE_TEXT;
      value.kind = is_text ? SqlValue::Kind::kText : SqlValue::Kind::kBlob;
      const void* data = sqlite3_column_blob(statement, column);
      value.bytes.assign(static_cast<const char*>(data),
                         static_cast<size_t>(sqlite3_column_bytes(statement, column)));
      break;
    }
    default:
      break;
  }
  return value;
}

// Gives the connection back as it was, whatever happens.
class SqlScope {
 public:
  SqlScope(sqlite3* handle, bool& flag, const std::function<bool()>& may_go_on)
      : handle_(handle), flag_(flag) {
    flag_ = true;
    sqlite3_progress_handler(
        handle, kProgressEvery,
        [](void* ask) { return (*static_cast<const std::function<bool()>*>(ask))() ? 0 : 1; },
        const_cast<std::function<bool()>*>(&may_go_on));
  }
  ~SqlScope() {
    sqlite3_progress_handler(handle_, 0, nullptr, nullptr);
    flag_ = false;
  }
  SqlScope(const SqlScope&) = delete;
  SqlScope& operator=(const SqlScope&) = delete;

 private:
  sqlite3* const handle_;
  bool& flag_;
};

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

}  // namespace

int ActorStore::Authorize(void* self, int action, const char* first, const char* second,
                          const char*, const char*) {
  if (!static_cast<ActorStore*>(self)->in_sql_) return SQLITE_OK;
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_DROP_TEMP_INDEX:
    case SQLITE_DROP_TEMP_TABLE:
    case SQLITE_DROP_TEMP_TRIGGER:
    case SQLITE_DROP_TEMP_VIEW:
      return SQLITE_DENY;
    case SQLITE_PRAGMA:
      return MayAskPragma(first, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_CREATE_VTABLE:
      return MayMakeVirtual(second) && !IsOwn(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return second != nullptr && (std::string_view(second) == "load_extension" ||
                                   std::string_view(second) == "fts3_tokenizer")
                 ? SQLITE_DENY
                 : SQLITE_OK;
    default:
      // The tables of ours are nobody's, under no name.
      return IsOwn(first) || IsOwn(second) ? SQLITE_DENY : SQLITE_OK;
  }
}

// Whether it was one that gives rows; runs it to its end.
absl::StatusOr<bool> ActorStore::RunStatement(void* prepared, const std::vector<SqlValue>* given,
                                              SqlResult* result) {
  auto* statement = static_cast<sqlite3_stmt*>(prepared);
  if (given != nullptr) {
    const auto wanted = static_cast<size_t>(sqlite3_bind_parameter_count(statement));
    if (wanted != given->size()) {
      return InvalidArgument("the query has {} parameters, but {} bindings were given", wanted,
                             given->size());
    }
    for (size_t i = 0; i < wanted; ++i) BindValue(statement, static_cast<int>(i) + 1, (*given)[i]);
  }
  const int columns = sqlite3_column_count(statement);
  size_t bytes = 0;
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    std::vector<SqlValue> row;
    for (int i = 0; i < columns; ++i) {
      row.push_back(ReadColumn(statement, i));
      bytes += sizeof(SqlValue) + row.back().bytes.size();
    }
    ++result->rows_read;
    if (result->rows.size() >= limits_.sql_rows_max || bytes > limits_.sql_result_bytes_max) {
      return ResourceExhausted("the result has more than {} rows or {} MiB", limits_.sql_rows_max,
                               limits_.sql_result_bytes_max >> 20);
    }
    if (given != nullptr) result->rows.push_back(std::move(row));
  }
  if (code == SQLITE_INTERRUPT) return DeadlineExceeded("the query takes too long");
  if (code != SQLITE_DONE) return SqliteDatabase::StatusOf(database_.handle(), code, "SQL");
  if (given != nullptr) {
    for (int i = 0; i < columns; ++i) {
      result->columns.emplace_back(sqlite3_column_name(statement, i));
    }
  }
  return columns > 0;
}

absl::StatusOr<SqlResult> ActorStore::Sql(std::string_view query,
                                          const std::vector<SqlValue>& parameters,
                                          const std::function<bool()>& may_go_on) {
  if (query.size() > limits_.sql_bytes_max) {
    return InvalidArgument("the query has {} bytes; at most {} are allowed", query.size(),
                           limits_.sql_bytes_max);
  }
  get_.Reset();
  sqlite3* handle = database_.handle();
  SqlResult result;
  const int64_t changes = sqlite3_total_changes(handle);
  const std::string text(query);
  const char* rest = text.c_str();
  const char* const end = rest + text.size();
  auto is_blank = [&](const char* from) {
    return std::all_of(from, end, [](char c) { return c == ';' || std::isspace(c) != 0; });
  };
  if (is_blank(rest)) return InvalidArgument("the query is empty");
  while (rest < end && !is_blank(rest)) {
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    {
      SqlScope scope(handle, in_sql_, may_go_on);
      sqlite3_stmt* made = nullptr;
      const int code =
          sqlite3_prepare_v2(handle, rest, static_cast<int>(end - rest) + 1, &made, &rest);
      statement.reset(made);
      if (code != SQLITE_OK) return SqliteDatabase::StatusOf(handle, code, "SQL");
    }
    if (statement == nullptr) continue;  // a comment
    const bool is_last = is_blank(rest);
    if (!sqlite3_stmt_readonly(statement.get())) RETURN_IF_ERROR(Write());
    SqlScope scope(handle, in_sql_, may_go_on);
    RETURN_IF_ERROR(
        RunStatement(statement.get(), is_last ? &parameters : nullptr, &result).status());
  }
  result.rows_written = static_cast<uint64_t>(sqlite3_total_changes(handle) - changes);
  return result;
}

}  // namespace terrella::edge
