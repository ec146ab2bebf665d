#include "edge_node/control/blob_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

namespace fs = std::filesystem;

absl::Status DiskError(std::string_view what, const fs::path& path) {
  const int error = errno;
  const auto code = error == ENOSPC || error == EDQUOT ? absl::StatusCode::kResourceExhausted
                                                       : absl::StatusCode::kInternal;
  return MakeStatus(code, "cannot {} {}: {}", what, path.string(), std::strerror(error));
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    content.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

absl::Status ReplaceFile(const fs::path& path, std::string_view content, bool private_to_user) {
  const mode_t mode = private_to_user ? 0600 : 0644;
  fs::path temporary = path;
  temporary += ".tmp";
  int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0 && errno == ENOENT) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  }
  if (fd < 0) return DiskError("create", temporary);
  absl::Status status;
  // A file of a crash before may be in the way, with a mode of its own.
  if (private_to_user && fchmod(fd, mode) != 0) status = DiskError("make private", temporary);
  if (status.ok() && !WriteAll(fd, content)) status = DiskError("write", temporary);
  close(fd);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = DiskError("rename to", path);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

void SyncFile(const fs::path& path) {
  for (const fs::path& target : {path, path.parent_path()}) {
    const int fd = open(target.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    fsync(fd);
    close(fd);
  }
}

fs::path BlobStore::PathOf(std::string_view sha256) const {
  const std::string hex = ToHex(sha256);
  return folder_ / hex.substr(0, 2) / hex;
}

absl::Status BlobStore::Put(std::string_view sha256, std::string_view content) {
  if (content.size() > blob_bytes_max_) {
    return ResourceExhausted("blob {} is larger than {} bytes", ToHex(sha256), blob_bytes_max_);
  }
  if (Sha256(content) != sha256) {
    return DataLoss("content does not match its SHA-256 {}", ToHex(sha256));
  }
  if (folder_.empty() || Has(sha256)) return absl::OkStatus();
  const fs::path path = PathOf(sha256);
  RETURN_IF_ERROR(ReplaceFile(path, content));
  unsynced_.push_back(path);
  return absl::OkStatus();
}

bool BlobStore::Has(std::string_view sha256) const {
  return !folder_.empty() && access(PathOf(sha256).c_str(), R_OK) == 0;
}

absl::StatusOr<std::string> BlobStore::Get(std::string_view sha256) {
  if (folder_.empty()) return NotFound("this node keeps no blobs");
  const fs::path path = PathOf(sha256);
  ASSIGN_OR_RETURN(std::string content, ReadFile(path, blob_bytes_max_));
  if (Sha256(content) != sha256) {
    std::error_code error;
    fs::remove(path, error);
    return DataLoss("{} does not match its name; deleted", path.string());
  }
  return content;
}

absl::StatusOr<AssetBytes> BlobStore::Map(std::string_view sha256) {
  if (folder_.empty()) return NotFound("this node keeps no blobs");
  const fs::path path = PathOf(sha256);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? NotFound("{} is not on this node", ToHex(sha256))
                           : DiskError("open", path);
  }
  struct stat facts {};
  const size_t size = fstat(fd, &facts) == 0 ? static_cast<size_t>(facts.st_size) : 0;
  // An empty file has no pages.
  void* pages = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (pages == MAP_FAILED) return DiskError("map", path);
  AssetBytes out{.bytes = {static_cast<const char*>(pages), size}, .keep = {}};
  if (size > 0) {
    out.keep = std::shared_ptr<const void>(
        pages, [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
  }
  if (Sha256(out.bytes) != sha256) {
    std::error_code error;
    fs::remove(path, error);
    return DataLoss("{} does not match its name; deleted", path.string());
  }
  return out;
}

void BlobStore::Sync() {
  for (const fs::path& path : std::exchange(unsynced_, {})) SyncFile(path);
}

size_t BlobStore::Prune(const std::set<std::string>& keep) {
  size_t removed = 0;
  std::error_code error;
  if (folder_.empty()) return 0;
  std::vector<fs::path> doomed;
  for (fs::recursive_directory_iterator it(folder_, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    const auto hash = FromHex(it->path().filename().string());
    if (!hash.ok() || !keep.contains(*hash)) doomed.push_back(it->path());
  }
  for (const fs::path& path : doomed) removed += fs::remove(path, error) ? 1 : 0;
  return removed;
}

}  // namespace terrella::edge
