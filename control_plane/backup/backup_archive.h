// BackupArchive: a file of frames that proves itself whole.
//
//   "terrella backup 1\n", then for each frame: its length (4 bytes, little-endian), 32 bytes of
//   check, the frame. The check is SHA-256 over the check before it and the frame, so that nothing
//   can be changed, left out or put in another order; the frame that says End is the last.
//
// Thread: one.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "control_plane/backup/backup.pb.h"

namespace terrella::control {

using BackupFrame = ::terrella::control_backup::Frame;

class ArchiveWriter {
 public:
  // Writes beside `path`, readable by the user only; nothing is at `path` before Commit.
  static absl::StatusOr<ArchiveWriter> Create(const std::filesystem::path& path);
  ArchiveWriter(ArchiveWriter&&) = default;
  ~ArchiveWriter();

  absl::Status Write(const BackupFrame& frame);
  // Synced and renamed.
  absl::Status Commit();
  uint64_t bytes() const { return bytes_; }

 private:
  struct Closer {
    void operator()(FILE* file) const { fclose(file); }
  };
  ArchiveWriter() = default;

  std::filesystem::path path_, temporary_;
  std::unique_ptr<FILE, Closer> file_;
  std::string check_;
  uint64_t bytes_ = 0;
};

class ArchiveReader {
 public:
  // InvalidArgument when it is no backup.
  static absl::StatusOr<ArchiveReader> Open(const std::filesystem::path& path);

  // DataLoss when the file is damaged or ends before it should; OutOfRange after the last frame.
  absl::StatusOr<BackupFrame> Read();

 private:
  struct Closer {
    void operator()(FILE* file) const { fclose(file); }
  };
  ArchiveReader() = default;

  std::filesystem::path path_;
  std::unique_ptr<FILE, Closer> file_;
  std::string check_;
  uint64_t frames_ = 0;
  bool ended_ = false;
};

}  // namespace terrella::control
