#include "control_plane/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "base/status.h"

namespace terrella::control {
namespace {

// A process that was killed gives its lock back after its memory and its connections, of which a
// control plane has hundreds; who starts the next one may be faster.
constexpr auto kPatience = std::chrono::seconds(1);

bool LockWithin(int fd, std::chrono::nanoseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Acquire(const std::filesystem::path& path) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return FailedPrecondition("cannot open the lock file {}: {}", path.string(), strerror(errno));
  }
  FileLock lock(fd);
  if (!LockWithin(fd, kPatience)) {
    char holder[32] = {};
    ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);
    std::string pid(holder, n > 0 ? strcspn(holder, "\n") : 0);
    return FailedPrecondition("{} is in use by another control plane{}",
                              path.parent_path().string(), pid.empty() ? "" : " (pid " + pid + ")");
  }
  std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return FailedPrecondition("cannot write the lock file {}: {}", path.string(), strerror(errno));
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace terrella::control
