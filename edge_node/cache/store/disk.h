// Disk: the cache's files. One thread writes them, every thread reads.
//
//   folder/seed-1           what key hashes are seeded with; another format's files are deleted
//   folder/log-s-ID         records of small entries (record.h) of the small queue; log-m-ID: main
//   folder/body-ID          the body of one large entry
//
// Everything that changes a file or the map of what is where happens on the writer thread, in the
// order it was asked for: appending, making room (disk_map.h says what goes), marking records dead,
// recovery after a start. Nobody waits for it: what is asked for before it is written is still
// served from memory (store.h).
//
// Nothing is synced. After a kill what the kernel took is there; after a loss of power checksums
// find what is not. A record is written behind everything before it and the one it replaces is
// marked dead after, so that a crash leaves the old one, the new one or both, of which the newer
// counts. Recovery reads headers only; bodies are checked when they are served.
//
// Thread: any. Owns: the thread, the files.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "edge_node/cache/store/cache_file.h"
#include "edge_node/cache/store/disk_map.h"
#include "edge_node/cache/store/record.h"
#include "edge_node/cache/store/stored_entry.h"

namespace terrella::cache {

struct DiskOptions {
  std::filesystem::path folder;
  uint64_t bytes_max = 256ull << 20;
  // Length of a log file; 0: a 64th of bytes_max, between 1 and 64 MiB.
  uint64_t segment_bytes = 0;
  const edge::DiskPace* pace = nullptr;  // null: that of the real disk; outlives the cache's files
};

struct DiskStatistics {
  uint64_t bytes = 0;  // of all files, deleted ones that are still read included
  size_t entries = 0;
  size_t files = 0;
  bool recovered = false;
};

class Disk {
 public:
  // Whether a folder was made by an Open before.
  static bool IsMade(const std::filesystem::path& folder);
  // Makes the folder when there is none, with `seed` or one of its own; what it holds already
  // appears a moment later. FailedPrecondition when it holds another seed than the one given.
  static absl::StatusOr<std::unique_ptr<Disk>> Open(const DiskOptions& options,
                                                    std::optional<uint64_t> seed);
  // Writes what was asked for, then ends.
  ~Disk();

  uint64_t hash_seed() const { return hash_seed_; }

  // Where an entry stands. What is read there may be another key's, or damaged.
  struct Place {
    std::shared_ptr<CacheFile> file;
    DiskMap::Kind kind = DiskMap::Kind::kLog;
    uint64_t offset = 0;  // of a log record, or of the entry and footer of a body file
    uint32_t bytes = 0;
  };
  // Counts a hit.
  std::optional<Place> Find(uint64_t hash);
  // Counts a hit of an entry that was served from memory.
  void Touch(uint64_t hash);

  // Appends an entry with its body; `done` is called on the writer thread.
  void Write(uint64_t hash, std::shared_ptr<const StoredEntry> entry,
             std::function<void(absl::Status)> done);
  // Writes a newer entry for the body an entry's file holds.
  void Rewrite(uint64_t hash, std::shared_ptr<const StoredEntry> entry,
               std::function<void(absl::Status)> done);
  // Forgets an entry: it is not found from now on. `done` is called on the writer thread, when no
  // restart can bring it back, with whether there was one.
  void Remove(uint64_t hash, std::function<void(bool)> done);

  // A large body on its way to a file of its own. Destroyed before Commit: the file goes.
  class BodyWriter;
  std::shared_ptr<BodyWriter> StartBody(uint64_t hash);

  // Runs when everything asked for before is done; on the writer thread.
  void AfterAll(std::function<void()> task);
  DiskStatistics Statistics();

 private:
  struct Log {  // the open log file of one queue
    std::shared_ptr<CacheFile> file;
    uint64_t bytes = 0;
  };
  struct Found {  // a record that recovery came across
    uint64_t hash = 0;
    uint64_t sequence = 0;
    DiskEntry entry;
  };

  explicit Disk(const DiskOptions& options);
  void Post(std::function<void()> job);
  void Run();

  // --- on the writer thread
  void Recover();
  // Every live record of a file; the file is opened and in files_. False: it is of no use.
  bool RecoverLog(UnitId id, CacheFile& file, std::vector<Found>& found);
  bool RecoverBody(UnitId id, CacheFile& file, std::vector<Found>& found);
  void RecoverFile(const std::filesystem::path& path, std::vector<Found>& found);
  void KeepNewest(std::vector<Found> found);
  // False: there is none, whatever goes.
  bool MakeRoom(uint64_t bytes);
  void Reclaim(const DiskMap::Victim& victim);
  void DeleteUnit(UnitId unit);
  absl::Status OpenLog(DiskMap::Queue queue);
  // An entry and its body as the next record of a queue's log. Room was made.
  absl::Status Append(DiskMap::Queue queue, uint64_t hash, uint8_t hits, std::string_view entry,
                      std::string_view body);
  // Makes bytes on the disk that the map no longer knows unreadable for ever.
  void Kill(const DiskEntry& entry);
  std::shared_ptr<CacheFile> FileOf(UnitId unit);
  absl::Status Complain(absl::Status status);

  const DiskOptions options_;
  const uint64_t segment_bytes_;
  uint64_t hash_seed_ = 0;
  const std::shared_ptr<std::atomic<uint64_t>> deleted_bytes_ =
      std::make_shared<std::atomic<uint64_t>>(0);
  std::atomic<bool> recovered_ = false;

  std::mutex mutex_;  // of map_ and files_
  DiskMap map_;
  std::map<UnitId, std::shared_ptr<CacheFile>> files_;

  // Of the writer thread.
  Log small_log_, main_log_;
  uint64_t next_sequence_ = 1;
  UnitId next_unit_ = 1;
  bool complained_ = false;  // about the disk, so that a broken one does not fill the log

  std::mutex jobs_mutex_;
  std::condition_variable jobs_wakeup_;
  std::deque<std::function<void()>> jobs_;
  bool stop_ = false;
  std::thread thread_;
};

class Disk::BodyWriter : public std::enable_shared_from_this<BodyWriter> {
 public:
  ~BodyWriter();
  // Pieces of kPieceBytes each, but for the last of the body. One Append at a time; `done` is
  // called on the writer thread. After an error the body is of no use.
  void Append(std::string pieces, std::function<void(absl::Status)> done);
  // The body is whole: puts the entry (with its body_bytes) on the map.
  void Commit(StoredEntry entry, std::function<void(absl::Status)> done);
  // For reading what was appended; null until the first Append is done.
  std::shared_ptr<CacheFile> file() const;

 private:
  friend class Disk;
  BodyWriter(Disk& disk, uint64_t hash) : disk_(disk), hash_(hash) {}
  absl::Status Write(std::string_view pieces);
  absl::Status Finish(const StoredEntry& entry);

  Disk& disk_;
  const uint64_t hash_;
  UnitId unit_ = 0;  // on the writer thread, as the rest
  uint64_t pieces_ = 0;
  uint64_t bytes_ = 0;  // of the file
  bool committed_ = false;
  mutable std::mutex mutex_;
  std::shared_ptr<CacheFile> file_;  // guarded by mutex_
};

}  // namespace terrella::cache
