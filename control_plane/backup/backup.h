// Backup: the whole state of a control plane in one file, and back.
//
// In it: the store's map as of one revision, every content, and the values of Workers KV (those of
// an etcd are put into a database for the time it takes, see backup_state.cc). Not in
// it: answers to request ids, the log, the secrets' key (without which secrets are unreadable: keep
// a copy of secrets.key elsewhere) and where Durable Objects live, which the nodes know better.
//
// A restore takes the place of everything. It gives the store a new epoch: nodes that have seen
// newer revisions than the restored ones start over on purpose. While it runs, the store is marked
// so that no control plane serves from half of it; a restore that was broken off is repeated whole.
//
// Thread: any; blocks.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

struct BackupSummary {
  std::string cluster;
  Revision revision = 0;
  int64_t created_unix_ms = 0;
  uint64_t records = 0;
  uint64_t blobs = 0;
  uint64_t bytes = 0;  // of the file
};

struct BackupNames {
  std::string cluster;
  std::string build;
};

// `folder` has kv.db, which may be in use; it may be missing.
absl::StatusOr<BackupSummary> SaveBackup(StateStore& store, const std::filesystem::path& folder,
                                         const BackupNames& names,
                                         const std::filesystem::path& path);

// No control plane may be using store and folder. FailedPrecondition when the backup is of another
// cluster; the file is read to its end before anything is changed. `with_kv`: called when the
// folder has the values of KV (no kv.db when there were none), before anybody may serve.
absl::StatusOr<BackupSummary> RestoreBackup(
    StateStore& store, const std::filesystem::path& folder, const BackupNames& names,
    const std::filesystem::path& path,
    const std::function<absl::Status()>& with_kv = [] { return absl::OkStatus(); });

// FailedPrecondition when a restore of this store was broken off.
absl::Status CheckNotRestoring(StateStore& store);

// A consistent copy of an SQLite database that may be in use, in a folder of its own that goes with
// the object.
class DatabaseCopy {
 public:
  // The copy has the name of the original. NotFound when that is not there.
  static absl::StatusOr<DatabaseCopy> Make(const std::filesystem::path& original,
                                           const std::filesystem::path& folder);
  DatabaseCopy(DatabaseCopy&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  DatabaseCopy& operator=(DatabaseCopy&&) = delete;
  ~DatabaseCopy();
  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit DatabaseCopy(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace terrella::control
