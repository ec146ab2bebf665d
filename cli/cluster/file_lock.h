// FileLock: one command at a time changes a cluster. The kernel frees it when its process ends,
// however it ends, so it is never stale (flock(2)). The file's text names the holder, for people.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace terrella::cli {

class FileLock {
 public:
  // Creates folder and file. ABORTED with the holder's words when another process has it.
  static absl::StatusOr<FileLock> Acquire(const std::filesystem::path& path,
                                          std::string_view purpose);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace terrella::cli
