#include "edge_node/cache/store/cache_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace terrella::cache {

absl::StatusOr<std::shared_ptr<CacheFile>> CacheFile::Open(
    std::filesystem::path path, uint64_t id, bool create,
    std::shared_ptr<std::atomic<uint64_t>> deleted_bytes, const edge::DiskPace* pace) {
  const int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0);
  const int fd = open(path.c_str(), flags, 0600);
  if (fd < 0) return Unavailable("cannot open {}: {}", path.string(), strerror(errno));
  return std::shared_ptr<CacheFile>(
      new CacheFile(fd, id, std::move(path), std::move(deleted_bytes), pace));
}

CacheFile::~CacheFile() {
  close(fd_);
  deleted_bytes_->fetch_sub(deleted_.load());
}

absl::StatusOr<std::string> CacheFile::ReadAt(uint64_t offset, size_t bytes) const {
  edge::WaitFor(pace_);
  std::string out(bytes, '\0');
  size_t got = 0;
  while (got < bytes) {
    const ssize_t n = pread(fd_, out.data() + got, bytes - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unavailable("cannot read {}: {}", path_.string(), strerror(errno));
    if (n == 0) return DataLoss("{} ends before byte {}", path_.string(), offset + bytes);
    got += static_cast<size_t>(n);
  }
  return out;
}

std::optional<std::string> CacheFile::ReadNow(uint64_t offset, size_t bytes) const {
  if (pace_ != nullptr && pace_->is_slow()) return std::nullopt;
  std::string out(bytes, '\0');
  const iovec vector{.iov_base = out.data(), .iov_len = bytes};
  const ssize_t n = preadv2(fd_, &vector, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (n != static_cast<ssize_t>(bytes)) return std::nullopt;
  return out;
}

absl::Status CacheFile::WriteAt(uint64_t offset, std::string_view bytes) {
  edge::WaitFor(pace_);
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unavailable("cannot write {}: {}", path_.string(), strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> CacheFile::Size() const {
  struct stat info {};
  if (fstat(fd_, &info) != 0) {
    return Unavailable("cannot look at {}: {}", path_.string(), strerror(errno));
  }
  return static_cast<uint64_t>(info.st_size);
}

void CacheFile::Delete(uint64_t bytes) {
  CHECK(deleted_.load() == 0);
  deleted_ = bytes;
  deleted_bytes_->fetch_add(bytes);
  unlink(path_.c_str());
}

struct PendingRead::Work {
  uv_work_t request;
  std::shared_ptr<CacheFile> file;
  uint64_t offset;
  size_t bytes;
  Done done;
  PendingRead* owner;  // null: nobody waits any more
  absl::StatusOr<std::string> result = std::string();
};

PendingRead::PendingRead(EventLoop& loop, std::shared_ptr<CacheFile> file, uint64_t offset,
                         size_t bytes, Done done)
    : work_(new Work{.request = {},
                     .file = std::move(file),
                     .offset = offset,
                     .bytes = bytes,
                     .done = std::move(done),
                     .owner = this}) {
  work_->request.data = work_;
  const int failed = uv_queue_work(
      loop.uv(), &work_->request,
      [](uv_work_t* request) {
        auto* work = static_cast<Work*>(request->data);
        work->result = work->file->ReadAt(work->offset, work->bytes);
      },
      [](uv_work_t* request, int) {
        std::unique_ptr<Work> work(static_cast<Work*>(request->data));
        if (work->owner == nullptr) return;
        work->owner->work_ = nullptr;
        work->done(std::move(work->result));
      });
  CHECK(failed == 0);
}

PendingRead::~PendingRead() {
  if (work_ != nullptr) work_->owner = nullptr;
}

}  // namespace terrella::cache
