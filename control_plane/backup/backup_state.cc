#include "control_plane/backup/backup_state.h"

#include <memory>

#include "base/status.h"
#include "control_plane/kv/etcd_kv_store.h"
#include "control_plane/kv/sqlite_kv_store.h"
#include "control_plane/store/campaign_once.h"
#include "control_plane/store/etcd_store.h"
#include "control_plane/store/sqlite_store.h"

namespace terrella::control {
namespace {

// A folder of a moment.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) { Remove(); }
  ~Scratch() { Remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  void Remove() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path path_;
};

// What is there may be about to expire: it is kept as it is.
constexpr KvLimits kAsItIs{.expires_in_s_min = 0};

// The values of KV that are in etcd, as a database in `folder`.
absl::Status KvToFolder(EtcdStore& store, const std::filesystem::path& folder) {
  const SystemClock clock;
  EtcdKvStore from(store, std::nullopt, clock, kAsItIs);
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteKvStore> to,
                   SqliteKvStore::Open(folder, clock, kAsItIs));
  return CopyKv(from, *to, UnixSeconds(clock)).status();
}

absl::Status KvFromFolder(const std::filesystem::path& folder, EtcdStore& store) {
  const SystemClock clock;
  EtcdKvStore to(store, std::nullopt, clock, kAsItIs);
  RETURN_IF_ERROR(ClearKv(to));
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteKvStore> from,
                   SqliteKvStore::Open(folder, clock, kAsItIs));
  return CopyKv(*from, to, UnixSeconds(clock)).status();
}

}  // namespace

absl::StatusOr<BackupSummary> BackupState(const BackupPlace& place,
                                          const std::filesystem::path& file) {
  if (place.etcd) {
    ASSIGN_OR_RETURN(std::unique_ptr<EtcdStore> store, EtcdStore::Open(*place.etcd));
    const Scratch scratch(file.string() + ".values");
    RETURN_IF_ERROR(KvToFolder(*store, scratch.path()));
    return SaveBackup(*store, scratch.path(), place.names, file);
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
  ASSIGN_OR_RETURN(const auto leadership, CampaignOnce(*store, "restore"));
  const Scratch scratch(file.string() + ".values");
  return RestoreBackup(*store, scratch.path(), place.names, file,
                       [&] { return KvFromFolder(scratch.path(), *store); });
}

std::string ToJson(const BackupSummary& summary) {
  return fmt::format(
      R"({{"cluster":"{}","revision":{},"created_unix_ms":{},"records":{},"blobs":{},"bytes":{}}})",
      summary.cluster, summary.revision, summary.created_unix_ms, summary.records, summary.blobs,
      summary.bytes);
}

}  // namespace terrella::control
