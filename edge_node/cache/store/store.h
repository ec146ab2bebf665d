// Store: the responses one node has cached, in memory and on its disk; all shards of the node share
// it.
//
//   Find --in memory--> the entry
//        --on the disk, pages in the kernel's cache--> read, checked, kept in memory
//        --on the disk, elsewhere--> kMustWait: Read on another thread
//
// Small entries go to memory at once and to a log on the disk a moment later; a large body goes to
// a file in pieces as it comes and never stands in memory whole. What is in memory is immutable and
// shared: a hit copies a pointer under a mutex held for some ten nanoseconds (measured by
// store_bench, decision 011), and whoever reads an entry may go on when it has left the cache.
//
// Leaves out: what may be stored or served (policy/), who asks whom (engine/).
//
// Thread: any. Owns: the disk. Invariants: (1) memory and disk each stay within their bound; (2)
// an entry that was put is found until something newer, a Delete or lack of room takes it away; (3)
// no bytes are served that were not stored under that key.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "edge_node/cache/store/disk.h"
#include "edge_node/cache/store/s3_fifo.h"
#include "edge_node/cache/store/stored_entry.h"

namespace terrella::cache {

struct StoreOptions {
  size_t memory_bytes_max = 16 << 20;
  size_t memory_entry_bytes_max = 64 << 10;  // larger ones are served from the disk alone
  size_t small_body_bytes_max = 256 << 10;   // larger bodies go to files of their own
  uint64_t body_bytes_max = 512ull << 20;    // larger ones are not stored
  size_t unwritten_bytes_max = 16 << 20;     // small entries waiting for the disk
  // Nothing: memory only. Then an entry is as large as memory takes. The folder is made, and the
  // disk's thread started, when the first response is stored: most nodes of a cluster idle.
  std::optional<DiskOptions> disk;
};

struct StoreStatistics {
  uint64_t memory_bytes = 0;
  size_t memory_entries = 0;
  DiskStatistics disk;
};

class Store {
 public:
  static absl::StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options);

  enum class Outcome { kFound, kAbsent, kMustWait };
  struct Found {
    Outcome outcome = Outcome::kAbsent;
    std::shared_ptr<const StoredEntry> entry;
    // kMustWait: what to Read.
    Disk::Place place;
    uint32_t version = 0;
  };
  Found Find(std::string_view key);
  // `done` is called on the loop with the entry or null, unless the handle is destroyed first.
  std::unique_ptr<PendingRead> Read(EventLoop& loop, std::string key, const Found& found,
                                    std::function<void(std::shared_ptr<const StoredEntry>)> done);

  // Stores an entry whose body is in it, or (after a validation) one whose file the store knows.
  void Put(std::shared_ptr<const StoredEntry> entry);
  // Forgets a key. `done` is called, on any thread, when no restart can bring it back: with whether
  // there was something.
  void Delete(std::string_view key, std::function<void(bool)> done);

  // A body too large to be put whole; null when there is no disk.
  class LargeBody;
  std::shared_ptr<LargeBody> StartLarge(std::string_view key);

  // Calls `task` on some thread when everything asked for before is on the disk.
  void AfterWrites(std::function<void()> task);

  const StoreOptions& options() const { return options_; }
  // The largest body that can be put whole.
  size_t whole_body_bytes_max() const;
  StoreStatistics Statistics();

 private:
  Store(const StoreOptions& options, std::unique_ptr<Disk> disk);
  // Null when there is none (yet).
  Disk* disk() const { return disk_now_.load(std::memory_order_acquire); }
  // Opens it; null when there shall be none, or it cannot be opened.
  Disk* DiskForWriting();
  uint64_t HashOf(std::string_view key) const;
  // What stands at a place, when it is this key's and undamaged; else null, and what is damaged
  // goes.
  std::shared_ptr<const StoredEntry> Decode(std::string_view key, uint64_t hash, const Found& found,
                                            std::string_view bytes);
  // `read_at`: of an entry that was read; it is kept only when nothing was put or deleted since.
  void KeepInMemory(uint64_t hash, std::shared_ptr<const StoredEntry> entry,
                    std::optional<uint32_t> read_at);
  uint32_t& VersionOf(uint64_t hash) { return versions_[hash % versions_.size()]; }
  // What memory has under it is older than what the disk has.
  void Outdate(uint64_t hash);

  const StoreOptions options_;
  const uint64_t hash_seed_;
  std::mutex mutex_;  // of what follows, up to the disk
  S3Fifo<std::shared_ptr<const StoredEntry>> memory_;
  // On their way to the disk, so that they are found whatever memory keeps.
  absl::flat_hash_map<uint64_t, std::shared_ptr<const StoredEntry>> unwritten_;
  size_t unwritten_bytes_ = 0;
  // Grow with every Put and Delete of a key: what was read before must not replace what came after.
  std::array<uint32_t, 512> versions_{};
  std::atomic<Disk*> disk_now_ = nullptr;
  std::mutex open_mutex_;  // of what follows
  bool may_open_ = false;
  std::unique_ptr<Disk> disk_;  // destroyed first: its thread calls back
};

class Store::LargeBody {
 public:
  // As Disk::BodyWriter.
  void Append(std::string pieces, std::function<void(absl::Status)> done) {
    writer_->Append(std::move(pieces), std::move(done));
  }
  std::shared_ptr<CacheFile> file() const { return writer_->file(); }
  // The body is whole: from now on the entry (with its body_bytes) is found. `done` is called on
  // the disk's thread.
  void Commit(StoredEntry entry, std::function<void(absl::Status)> done);

 private:
  friend class Store;
  LargeBody(Store& store, uint64_t hash, std::shared_ptr<Disk::BodyWriter> writer)
      : store_(store), hash_(hash), writer_(std::move(writer)) {}
  Store& store_;
  const uint64_t hash_;
  std::shared_ptr<Disk::BodyWriter> writer_;
};

}  // namespace terrella::cache
