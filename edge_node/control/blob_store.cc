#include "edge_node/control/blob_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

// False when there is no such file or folder.
bool SyncContent(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  fsync(fd);
  close(fd);
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

absl::Status OverwriteFile(const fs::path& path, std::string_view content, bool private_to_user) {
  const mode_t mode = private_to_user ? 0600 : 0644;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_CLOEXEC;
  int fd = open(path.c_str(), kFlags, mode);
  if (fd < 0 && errno == ENOENT) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    fd = open(path.c_str(), kFlags, mode);
  }
  if (fd < 0) return DiskError("open", path);
  absl::Status status;
  struct stat facts {};
  const auto size = static_cast<off_t>(content.size());
  const bool known = fstat(fd, &facts) == 0;
  // One of another making may be in the way, with a mode of its own.
  if (private_to_user && (!known || (facts.st_mode & 077) != 0) && fchmod(fd, mode) != 0) {
    status = DiskError("make private", path);
  }
  if (status.ok() && !WriteAll(fd, content)) status = DiskError("write", path);
  const bool longer = !known || facts.st_size > size;
  if (status.ok() && longer && ftruncate(fd, size) != 0) status = DiskError("shorten", path);
  close(fd);
  return status;
}

void SyncFile(const fs::path& path) {
  SyncContent(path);
  SyncContent(path.parent_path());
}

fs::path BlobStore::PathOf(std::string_view sha256) const {
  return folder_ / ToHex(sha256);
}

absl::Status BlobStore::Put(std::string_view sha256, std::string_view content) {
  if (content.size() > blob_bytes_max_) {
    return ResourceExhausted("blob {} is larger than {} bytes", ToHex(sha256), blob_bytes_max_);
  }
  if (Sha256(content) != sha256) {
    return DataLoss("content does not match its SHA-256 {}", ToHex(sha256));
  }
  if (folder_.empty() || Has(sha256)) return absl::OkStatus();
  WaitFor(pace_);
  const fs::path path = PathOf(sha256);
  RETURN_IF_ERROR(Write(path, content));
  unsynced_.push_back(path);
  return absl::OkStatus();
}

absl::Status BlobStore::Write(const fs::path& path, std::string_view content) {
  if (spares_.empty()) return ReplaceFile(path, content);
  const fs::path spare = std::move(spares_.back());
  spares_.pop_back();
  if (OverwriteFile(spare, content).ok() && rename(spare.c_str(), path.c_str()) == 0) {
    return absl::OkStatus();
  }
  unlink(spare.c_str());
  return ReplaceFile(path, content);
}

void BlobStore::Retire(std::string_view sha256) {
  if (folder_.empty() || spares_.size() >= kSparesMax || mapped_.contains(sha256)) return;
  fs::path spare = folder_ / fmt::format("spare-{}", ++spares_made_);
  if (rename(PathOf(sha256).c_str(), spare.c_str()) == 0) spares_.push_back(std::move(spare));
}

bool BlobStore::Has(std::string_view sha256) const {
  return !folder_.empty() && access(PathOf(sha256).c_str(), R_OK) == 0;
}

absl::StatusOr<std::string> BlobStore::Get(std::string_view sha256) {
  if (folder_.empty()) return NotFound("this node keeps no blobs");
  WaitFor(pace_);
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
  WaitFor(pace_);
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
  if (size > 0) mapped_.emplace(sha256);
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
  const std::vector<fs::path> paths = std::exchange(unsynced_, {});
  bool any = false;
  for (const fs::path& path : paths) {
    WaitFor(pace_);
    any |= SyncContent(path);  // not those pruned since
  }
  if (any) SyncContent(folder_);
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
    if (hash.ok() && keep.contains(*hash)) continue;
    if (std::find(spares_.begin(), spares_.end(), it->path()) != spares_.end()) continue;
    doomed.push_back(it->path());
  }
  for (const fs::path& path : doomed) removed += fs::remove(path, error) ? 1 : 0;
  std::erase_if(mapped_, [&](const std::string& hash) { return !keep.contains(hash); });
  return removed;
}

}  // namespace terrella::edge
