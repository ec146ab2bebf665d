#include "edge_node/actors/alarm_index.h"

#include "base/status.h"

namespace terrella::edge {
namespace {

constexpr const char* kSchema = R"sql(
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS object_alarms(
  namespace BLOB NOT NULL,
  id BLOB NOT NULL,
  name BLOB NOT NULL,
  due_ms INTEGER NOT NULL,
  PRIMARY KEY(namespace, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_alarms_by_time ON object_alarms(due_ms);
)sql";

}  // namespace

absl::StatusOr<std::unique_ptr<AlarmIndex>> AlarmIndex::Open(const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(folder / "alarms.db", false));
  std::unique_ptr<AlarmIndex> index(new AlarmIndex(std::move(database)));
  RETURN_IF_ERROR(index->database_.UseWriteAheadLog());
  RETURN_IF_ERROR(index->database_.Execute(kSchema));
  ASSIGN_OR_RETURN(index->set_, index->database_.Prepare(
                                    "INSERT OR REPLACE INTO object_alarms VALUES(?, ?, ?, ?)"));
  ASSIGN_OR_RETURN(index->remove_, index->database_.Prepare(
                                       "DELETE FROM object_alarms WHERE namespace = ? AND id = ?"));
  ASSIGN_OR_RETURN(index->due_,
                   index->database_.Prepare(
                       "SELECT namespace, id, name, due_ms FROM object_alarms WHERE due_ms <= ? "
                       "AND (due_ms, namespace, id) > (?, ?, ?) "
                       "ORDER BY due_ms, namespace, id LIMIT ?"));
  ASSIGN_OR_RETURN(index->remove_all_,
                   index->database_.Prepare("DELETE FROM object_alarms WHERE namespace = ?"));
  return index;
}

absl::Status AlarmIndex::Set(const runtime::ActorAddress& address, int64_t unix_ms) {
  std::lock_guard lock(mutex_);
  return set_
      .Bind(std::string_view(address.namespace_id), std::string_view(address.id),
            std::string_view(address.name), static_cast<uint64_t>(unix_ms))
      .Run();
}

absl::Status AlarmIndex::Remove(const runtime::ActorAddress& address) {
  std::lock_guard lock(mutex_);
  return remove_.Bind(std::string_view(address.namespace_id), std::string_view(address.id)).Run();
}

absl::Status AlarmIndex::RemoveNamespace(std::string_view namespace_id) {
  std::lock_guard lock(mutex_);
  return remove_all_.Bind(namespace_id).Run();
}

absl::StatusOr<std::vector<AlarmIndex::Entry>> AlarmIndex::Due(int64_t unix_ms, size_t count,
                                                               const Entry* after) {
  std::lock_guard lock(mutex_);
  std::vector<Entry> due;
  const Entry first{.unix_ms = -1};
  if (after == nullptr) after = &first;
  due_.Bind(static_cast<uint64_t>(unix_ms), static_cast<uint64_t>(after->unix_ms),
            std::string_view(after->address.namespace_id), std::string_view(after->address.id),
            uint64_t{count});
  while (true) {
    ASSIGN_OR_RETURN(const bool row, due_.Step());
    if (!row) break;
    due.push_back({{.namespace_id = std::string(due_.Blob(0)),
                    .id = std::string(due_.Blob(1)),
                    .name = std::string(due_.Blob(2))},
                   static_cast<int64_t>(due_.Integer(3))});
  }
  due_.Reset();
  return due;
}

}  // namespace terrella::edge
