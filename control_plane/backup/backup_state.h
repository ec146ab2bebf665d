// Backing up and restoring where a control plane keeps its state: what `control_plane --backup` and
// `--restore` do.
//
// Thread: any; blocks.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "control_plane/backup/backup.h"
#include "control_plane/store/etcd_address.h"

namespace terrella::control {

struct BackupPlace {
  std::optional<EtcdAddress> etcd;  // else the database in `folder`
  std::filesystem::path folder;
  BackupNames names;
};

// A control plane may be serving from there.
absl::StatusOr<BackupSummary> BackupState(const BackupPlace& place,
                                          const std::filesystem::path& file);
// FailedPrecondition when one is. Nobody can begin to serve meanwhile.
absl::StatusOr<BackupSummary> RestoreState(const BackupPlace& place,
                                           const std::filesystem::path& file);

// One line.
std::string ToJson(const BackupSummary& summary);

}  // namespace terrella::control
