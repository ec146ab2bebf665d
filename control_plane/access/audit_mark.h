// AuditMarkFile: which row of the audit log this control plane wrote last, in a file beside the
// store.
//
// A chain of hashes cannot miss its own end: whoever cuts off the newest rows, puts the head back
// and lets the log go on leaves a whole chain. The mark is what the end is compared with, also by
// the next process. It belongs to one history (StateStore::epoch): a backup that was restored may
// end earlier.
//
// Left out: syncs. The mark survives the process, however it dies; after a loss of power it may be
// some rows behind the store, which is no harm.
//
// Thread: one at a time. Owns: the open file.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "terrella/v1/access.pb.h"

namespace terrella::control {

class AuditMarkFile {
 public:
  // Creates it when needed, for its user's eyes only. Internal when it cannot be opened.
  static absl::StatusOr<std::unique_ptr<AuditMarkFile>> Open(const std::filesystem::path& path);
  ~AuditMarkFile();
  AuditMarkFile(const AuditMarkFile&) = delete;
  AuditMarkFile& operator=(const AuditMarkFile&) = delete;

  // Nothing when there is no mark yet, or one that cannot be read.
  std::optional<v1::AuditMark> Read() const;
  // In the place of what is there. A disk that is full is told to the log and no error: the row is
  // written.
  void Write(const v1::AuditMark& mark);

 private:
  explicit AuditMarkFile(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace terrella::control
