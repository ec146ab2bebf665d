// CacheFile: one open file of the cache. Its name may be gone while somebody still reads it.
//
// What readers keep open after the file was deleted still takes room on the disk; it is counted in
// `deleted_bytes` until the last of them lets go, so that the cache as a whole stays within its
// bound.
//
// On a slow disk (DiskPace) each read and write waits, and nothing is there without waiting.
//
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/faults/disk_pace.h"

namespace terrella::cache {

class CacheFile {
 public:
  // Opens or (create) makes a file. `pace` (null: that of the real disk) outlives it.
  static absl::StatusOr<std::shared_ptr<CacheFile>> Open(
      std::filesystem::path path, uint64_t id, bool create,
      std::shared_ptr<std::atomic<uint64_t>> deleted_bytes, const edge::DiskPace* pace = nullptr);
  ~CacheFile();
  CacheFile(const CacheFile&) = delete;
  CacheFile& operator=(const CacheFile&) = delete;

  uint64_t id() const { return id_; }

  // Exactly `bytes` bytes, waiting for the disk when it must; DataLoss when there are fewer.
  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t bytes) const;
  // The same when the kernel has them in memory; nothing when it would have to wait, or at an
  // error.
  std::optional<std::string> ReadNow(uint64_t offset, size_t bytes) const;
  absl::Status WriteAt(uint64_t offset, std::string_view bytes);
  absl::StatusOr<uint64_t> Size() const;

  // Takes its name away. Once.
  void Delete(uint64_t bytes);

 private:
  CacheFile(int fd, uint64_t id, std::filesystem::path path,
            std::shared_ptr<std::atomic<uint64_t>> deleted_bytes, const edge::DiskPace* pace)
      : fd_(fd),
        id_(id),
        path_(std::move(path)),
        deleted_bytes_(std::move(deleted_bytes)),
        pace_(pace) {}

  const int fd_;
  const uint64_t id_;
  const std::filesystem::path path_;
  const std::shared_ptr<std::atomic<uint64_t>> deleted_bytes_;
  const edge::DiskPace* const pace_;
  std::atomic<uint64_t> deleted_ = 0;  // of deleted_bytes_, ours
};

// A read on libuv's pool, for what ReadNow does not give. `done` is called on the loop, unless this
// is destroyed first.
class PendingRead {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;
  PendingRead(EventLoop& loop, std::shared_ptr<CacheFile> file, uint64_t offset, size_t bytes,
              Done done);
  ~PendingRead();
  PendingRead(const PendingRead&) = delete;
  PendingRead& operator=(const PendingRead&) = delete;

 private:
  struct Work;
  Work* work_;  // null once it is done
};

}  // namespace terrella::cache
