#include "control_plane/backup/backup_state.h"

#include <memory>

#include "base/status.h"
#include "control_plane/store/etcd_store.h"
#include "control_plane/store/sqlite_store.h"

namespace terrella::control {
namespace {

// Times a leader is asked for, a fifth of a second apart: one that just ended has let go by then.
constexpr int kTriesMax = 5;

}  // namespace

absl::StatusOr<BackupSummary> BackupState(const BackupPlace& place,
                                          const std::filesystem::path& file) {
  if (place.etcd) {
    ASSIGN_OR_RETURN(std::unique_ptr<EtcdStore> store, EtcdStore::Open(*place.etcd));
    return SaveBackup(*store, place.folder, place.names, file);
  }
  // The database is somebody else's as long as he serves: a copy of it is read.
  ASSIGN_OR_RETURN(const DatabaseCopy copy,
                   DatabaseCopy::Make(place.folder / "state.db", file.string() + ".state"));
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store, SqliteStore::Open(copy.folder()));
  return SaveBackup(*store, place.folder, place.names, file);
}

absl::StatusOr<BackupSummary> RestoreState(const BackupPlace& place,
                                           const std::filesystem::path& file) {
  if (!place.etcd) {
    ASSIGN_OR_RETURN(std::unique_ptr<SqliteStore> store, SqliteStore::Open(place.folder));
    return RestoreBackup(*store, place.folder, place.names, file);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<EtcdStore> store, EtcdStore::Open(*place.etcd));
  const auto leadership =
      store->Campaign({.name = std::string(kControlElection),
                       .holder = "restore",
                       .go_on = [tries = kTriesMax]() mutable { return tries-- > 0; }});
  if (leadership.status().code() == absl::StatusCode::kCancelled) {
    return FailedPrecondition("a control plane serves from this store; end it first");
  }
  RETURN_IF_ERROR(leadership.status());
  return RestoreBackup(*store, place.folder, place.names, file);
}

std::string ToJson(const BackupSummary& summary) {
  return fmt::format(
      R"({{"cluster":"{}","revision":{},"created_unix_ms":{},"records":{},"blobs":{},"bytes":{}}})",
      summary.cluster, summary.revision, summary.created_unix_ms, summary.records, summary.blobs,
      summary.bytes);
}

}  // namespace terrella::control
