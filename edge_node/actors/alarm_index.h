// AlarmIndex: which Durable Objects have an alarm, of all nodes that share a folder, so that alarms
// of an object whose owner has died are found.
//
// The object's own file decides. An entry here is written before the object's and removed after it,
// so it may be there for nothing but never lacks; whoever finds it due asks the object.
//
// Thread: any; calls take turns. Owns: the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "base/sqlite_database.h"
#include "edge_node/runtime/actor_storage.h"

namespace terrella::edge {

class AlarmIndex {
 public:
  // Opens or creates `folder`/alarms.db.
  static absl::StatusOr<std::unique_ptr<AlarmIndex>> Open(const std::filesystem::path& folder);

  absl::Status Set(const runtime::ActorAddress& address, int64_t unix_ms);
  absl::Status Remove(const runtime::ActorAddress& address);
  absl::Status RemoveNamespace(std::string_view namespace_id);
  struct Entry {
    runtime::ActorAddress address;  // without its epoch and its code
    int64_t unix_ms = 0;
  };
  // Those due at `unix_ms`, the oldest first, at most `count`; behind `after`, if it is given.
  absl::StatusOr<std::vector<Entry>> Due(int64_t unix_ms, size_t count,
                                         const Entry* after = nullptr);

 private:
  explicit AlarmIndex(SqliteDatabase database) : database_(std::move(database)) {}

  std::mutex mutex_;  // guards everything below
  SqliteDatabase database_;
  SqliteStatement set_, remove_, remove_all_, due_;
};

}  // namespace terrella::edge
