// ActorStore: the storage of one Durable Object in one SQLite file of a folder that the nodes of a
// cluster share.
//
//   FOLDER/<hash of the namespace>/<hash of the id>.sqlite
//
// The file knows the epoch of the object's owner. Opening it for a newer epoch deposes the owner
// before; each transaction checks the epoch first, so a deposed owner writes nothing, however late
// it is. The journal is written ahead and handed to the system at each commit: what was
// acknowledged survives the death of the process, not that of the machine. On a slow disk
// (DiskPace) opening and each transaction that writes hold the shard up, as SQLite does: what is
// read is mostly in its pages.
//
// Thread: the loop of the object's shard.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sqlite_database.h"
#include "edge_node/actors/alarm_index.h"
#include "edge_node/faults/disk_pace.h"
#include "edge_node/runtime/actor_storage.h"

namespace terrella::edge {

struct ActorStoreLimits {
  uint64_t database_bytes_max = uint64_t{1} << 30;
  size_t sql_bytes_max = 100 << 10;  // of one call's statements
  size_t sql_parameters_max = 100;
  size_t sql_rows_max = 100'000;  // of one result
  size_t sql_result_bytes_max = 16 << 20;
};

// Beside an object's file; null: none. Both outlive the store.
struct ActorStoreParts {
  AlarmIndex* alarms = nullptr;
  const DiskPace* pace = nullptr;
};

class ActorStore final : public runtime::ActorStorage {
 public:
  // FailedPrecondition when a newer epoch is known to the file.
  static absl::StatusOr<std::unique_ptr<ActorStore>> Open(const std::filesystem::path& folder,
                                                          const runtime::ActorAddress& address,
                                                          const ActorStoreParts& parts,
                                                          const ActorStoreLimits& limits = {});
  ~ActorStore() override;

  absl::StatusOr<std::optional<std::string_view>> Get(std::string_view key) override;
  absl::Status Put(std::string_view key, std::string_view value) override;
  absl::StatusOr<bool> Delete(std::string_view key) override;
  absl::Status DeleteAll() override;
  absl::Status List(const ListOptions& options, Each each) override;
  absl::StatusOr<std::optional<Alarm>> GetAlarm() override;
  absl::Status SetAlarm(std::optional<Alarm> alarm) override;
  absl::StatusOr<runtime::SqlResult> Sql(std::string_view query,
                                         const std::vector<runtime::SqlValue>& parameters,
                                         const std::function<bool()>& may_go_on) override;
  absl::StatusOr<uint64_t> DatabaseBytes() override;
  absl::Status Begin() override;
  absl::Status End(bool commit) override;
  bool dirty() const override { return in_transaction_; }
  absl::Status Commit() override;
  absl::Status CheckOwner() override;

 private:
  ActorStore(SqliteDatabase database, runtime::ActorAddress address, const ActorStoreParts& parts,
             const ActorStoreLimits& limits)
      : limits_(limits),
        address_(std::move(address)),
        alarms_(parts.alarms),
        pace_(parts.pace),
        database_(std::move(database)) {}
  absl::Status Prepare();
  absl::Status TakeOver();
  // Begins the turn's transaction, if it has not begun.
  absl::Status Write();
  absl::StatusOr<bool> RunStatement(void* statement, const std::vector<runtime::SqlValue>* given,
                                    runtime::SqlResult* result);
  static int Authorize(void* self, int action, const char* first, const char* second, const char*,
                       const char*);

  const ActorStoreLimits limits_;
  const runtime::ActorAddress address_;
  AlarmIndex* const alarms_;
  const DiskPace* const pace_;
  SqliteDatabase database_;
  SqliteStatement epoch_, get_, put_, delete_, get_alarm_, set_alarm_;
  bool in_transaction_ = false;
  bool in_sql_ = false;  // the object's own statements are being prepared
  bool alarm_changed_ = false;
  size_t depth_ = 0;     // of transactions inside the turn's
  absl::Status failed_;  // why this turn cannot be committed
};

// The folder of a namespace's objects.
std::filesystem::path FolderOfNamespace(const std::filesystem::path& folder,
                                        std::string_view namespace_id);

}  // namespace terrella::edge
