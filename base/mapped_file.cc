#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace terrella {

absl::StatusOr<std::unique_ptr<const MappedFile>> MappedFile::Open(
    const std::filesystem::path& path, size_t bytes_max) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotFound("cannot open {}: {}", path.string(), std::strerror(errno));
  struct stat info {};
  const bool known = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const size_t size = known ? static_cast<size_t>(info.st_size) : 0;
  void* data = MAP_FAILED;
  int error = EINVAL;
  if (size > 0 && size <= bytes_max) {
    data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    error = errno;
  }
  close(fd);
  if (!known) return DataLoss("cannot map {}: it is not a regular file", path.string());
  if (size == 0) return DataLoss("cannot map {}: it is empty", path.string());
  if (size > bytes_max) {
    return ResourceExhausted("{} has {} bytes; at most {}", path.string(), size, bytes_max);
  }
  if (data == MAP_FAILED) {
    return DataLoss("cannot map {}: {}", path.string(), std::strerror(error));
  }
  return std::unique_ptr<const MappedFile>(new MappedFile(data, size));
}

MappedFile::~MappedFile() {
  munmap(data_, size_);
}

}  // namespace terrella
