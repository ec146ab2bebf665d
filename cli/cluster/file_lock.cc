#include "cli/cluster/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/file.h"
#include "base/status.h"

namespace terrella::cli {

absl::StatusOr<FileLock> FileLock::Acquire(const std::filesystem::path& path,
                                           std::string_view purpose) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return FailedPrecondition("cannot open {}: {}", path.string(), std::strerror(errno));
  FileLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    std::string holder = ReadFile(path, 1000).value_or("");
    while (holder.ends_with('\n')) holder.pop_back();
    return Aborted("another command is changing this cluster ({}); try again when it is done",
                   holder);
  }
  const std::string text = fmt::format("{}, pid {}\n", purpose, getpid());
  if (ftruncate(fd, 0) == 0) (void)!write(fd, text.data(), text.size());
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace terrella::cli
