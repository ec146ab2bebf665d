#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/status.h"

namespace terrella {
namespace {

absl::Status Errno(std::string_view what, const std::filesystem::path& path) {
  int error = errno;
  auto code = error == ENOENT   ? absl::StatusCode::kNotFound
              : error == ENOSPC ? absl::StatusCode::kResourceExhausted
              : error == EACCES ? absl::StatusCode::kPermissionDenied
                                : absl::StatusCode::kInternal;
  return MakeStatus(code, "cannot {} {}: {}", what, path.string(), std::strerror(error));
}

struct Fd {
  int value;
  ~Fd() {
    if (value >= 0) close(value);
  }
};

absl::Status WriteAll(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno("write", path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(fd) != 0) return Errno("sync", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, size_t bytes_max) {
  Fd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (fd.value < 0) return Errno("open", path);
  struct stat info {};
  if (fstat(fd.value, &info) != 0) return Errno("stat", path);
  if (S_ISDIR(info.st_mode))
    return InvalidArgument("{} is a folder; expected a file", path.string());
  std::string out;
  out.reserve(static_cast<size_t>(info.st_size));
  char buffer[65536];
  while (true) {
    ssize_t n = read(fd.value, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno("read", path);
    if (n == 0) return out;
    if (out.size() + static_cast<size_t>(n) > bytes_max) {
      return ResourceExhausted("{} is larger than {} bytes", path.string(), bytes_max);
    }
    out.append(buffer, static_cast<size_t>(n));
  }
}

absl::StatusOr<std::vector<std::filesystem::path>> ListFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    entries.push_back(it->path());
  }
  if (error) return Unavailable("cannot list {}: {}", folder.string(), error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

absl::Status WriteFileAtomic(const std::filesystem::path& path, std::string_view content,
                             bool private_to_user) {
  static std::atomic<unsigned> serial{0};
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  std::filesystem::path temporary = path;
  temporary += fmt::format(".{}.{}.tmp", getpid(), serial++);
  {
    Fd fd{open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
               private_to_user ? 0600 : 0644)};
    if (fd.value < 0) return Errno("create", temporary);
    if (absl::Status status = WriteAll(fd.value, content, temporary); !status.ok()) {
      unlink(temporary.c_str());
      return status;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    absl::Status status = Errno("rename to", path);
    unlink(temporary.c_str());
    return status;
  }
  std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  Fd dir{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (dir.value >= 0) fsync(dir.value);
  return absl::OkStatus();
}

}  // namespace terrella
