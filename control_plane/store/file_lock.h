// FileLock: the right of one process to a folder, held as long as the object lives and given back
// by the kernel when the process dies, however it dies.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"

namespace terrella::control {

class FileLock {
 public:
  // Creates the file when needed and writes the process id into it, for the message of the next
  // one. FailedPrecondition, naming the holder, when another process has it and keeps it for a
  // second.
  static absl::StatusOr<FileLock> Acquire(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace terrella::control
