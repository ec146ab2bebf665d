#include "edge_node/cache/store/store.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "edge_node/cache/store/checksum.h"

namespace terrella::cache {

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options) {
  std::unique_ptr<Disk> disk;
  if (options.disk && Disk::IsMade(options.disk->folder)) {
    ASSIGN_OR_RETURN(disk, Disk::Open(*options.disk, std::nullopt));
  }
  return std::unique_ptr<Store>(new Store(options, std::move(disk)));
}

Store::Store(const StoreOptions& options, std::unique_ptr<Disk> disk)
    : options_(options),
      hash_seed_(disk == nullptr ? RandomU64() : disk->hash_seed()),
      memory_(options.memory_bytes_max),
      disk_now_(disk.get()),
      may_open_(options.disk.has_value()),
      disk_(std::move(disk)) {}

Disk* Store::DiskForWriting() {
  if (Disk* const open = disk()) return open;
  std::lock_guard lock(open_mutex_);
  if (disk_ == nullptr && may_open_) {
    auto opened = Disk::Open(*options_.disk, hash_seed_);
    if (opened.ok()) {
      disk_ = *std::move(opened);
      disk_now_.store(disk_.get(), std::memory_order_release);
    } else {
      LogError("the cache stays in memory: {}", Message(opened.status()));
    }
    may_open_ = false;
  }
  return disk_.get();
}

uint64_t Store::HashOf(std::string_view key) const {
  return Checksum(key, hash_seed_);
}

size_t Store::whole_body_bytes_max() const {
  return options_.disk ? options_.small_body_bytes_max : options_.memory_bytes_max / 8;
}

Store::Found Store::Find(std::string_view key) {
  const uint64_t hash = HashOf(key);
  std::shared_ptr<const StoredEntry> entry;
  Found out;
  {
    std::lock_guard lock(mutex_);
    out.version = VersionOf(hash);
    if (const auto* found = memory_.Find(hash)) {
      entry = *found;
    } else if (const auto waiting = unwritten_.find(hash); waiting != unwritten_.end()) {
      entry = waiting->second;
    }
  }
  if (entry != nullptr) {
    if (entry->key != key) return {};  // another key of the same hash has its place
    if (Disk* const disk = this->disk()) disk->Touch(hash);
    out.outcome = Outcome::kFound;
    out.entry = std::move(entry);
    return out;
  }
  Disk* const disk = this->disk();
  auto place = disk == nullptr ? std::nullopt : disk->Find(hash);
  if (!place) return out;
  out.place = *std::move(place);
  if (const auto bytes = out.place.file->ReadNow(out.place.offset, out.place.bytes)) {
    out.entry = Decode(key, hash, out, *bytes);
    if (out.entry != nullptr) out.outcome = Outcome::kFound;
  } else {
    out.outcome = Outcome::kMustWait;
  }
  return out;
}

std::unique_ptr<PendingRead> Store::Read(
    EventLoop& loop, std::string key, const Found& found,
    std::function<void(std::shared_ptr<const StoredEntry>)> done) {
  const Disk::Place& place = found.place;
  auto decode = [this, key = std::move(key), found,
                 done = std::move(done)](absl::StatusOr<std::string> bytes) {
    done(bytes.ok() ? Decode(key, HashOf(key), found, *bytes) : nullptr);
  };
  return std::make_unique<PendingRead>(loop, place.file, place.offset, place.bytes,
                                       std::move(decode));
}

std::shared_ptr<const StoredEntry> Store::Decode(std::string_view key, uint64_t hash,
                                                 const Found& found, std::string_view bytes) {
  const Disk::Place& place = found.place;
  std::string_view encoded, body;
  uint64_t body_bytes = 0;
  bool good = false;
  if (place.kind == DiskMap::Kind::kLog) {
    if (const auto record = DecodeRecord(bytes, place.file->id())) {
      encoded = record->entry;
      body = record->body;
      body_bytes = body.size();
      good = true;
    }
  } else if (bytes.size() >= kRecordHeaderBytes) {
    const size_t split = bytes.size() - kRecordHeaderBytes;
    encoded = bytes.substr(0, split);
    const auto footer = DecodeHeader(bytes.substr(split), RecordKind::kBodyFile, place.file->id());
    good = footer && footer->checksum == EntryChecksum(encoded, place.file->id());
    if (good) body_bytes = footer->body_bytes;
  }
  auto entry = good ? DecodeEntry(encoded) : DataLoss("damaged");
  if (!entry.ok()) {
    disk()->Remove(hash, [](bool) {});
    return nullptr;
  }
  if (entry->key != key) return nullptr;
  entry->body = body;
  entry->body_bytes = body_bytes;
  if (place.kind == DiskMap::Kind::kFile) entry->file = place.file;
  auto shared = std::make_shared<const StoredEntry>(*std::move(entry));
  KeepInMemory(hash, shared, found.version);
  return shared;
}

void Store::KeepInMemory(uint64_t hash, std::shared_ptr<const StoredEntry> entry,
                         std::optional<uint32_t> read_at) {
  const size_t bytes = entry->memory_bytes();
  // An entry with a file would keep that file open after the disk has let go of it.
  const bool fits =
      entry->file == nullptr && (disk() == nullptr || bytes <= options_.memory_entry_bytes_max);
  std::vector<std::shared_ptr<const StoredEntry>> evicted;  // freed after the lock
  std::lock_guard lock(mutex_);
  uint32_t& version = VersionOf(hash);
  if (read_at && *read_at != version) return;
  if (!read_at) ++version;
  if (fits) {
    memory_.Put(hash, std::move(entry), bytes, evicted);
  } else {
    memory_.Erase(hash, evicted);
  }
}

void Store::Put(std::shared_ptr<const StoredEntry> entry) {
  const uint64_t hash = HashOf(entry->key);
  Disk* const disk = DiskForWriting();  // before: what memory keeps depends on whether there is one
  KeepInMemory(hash, entry, std::nullopt);
  if (disk == nullptr) return;
  const size_t bytes = entry->memory_bytes();
  {
    std::lock_guard lock(mutex_);
    if (unwritten_bytes_ + bytes > options_.unwritten_bytes_max) {
      // The disk does not keep up. What it holds under this key is older than what memory has.
      disk->Remove(hash, [](bool) {});
      return;
    }
    unwritten_[hash] = entry;
    unwritten_bytes_ += bytes;
  }
  auto done = [this, hash, entry, bytes](const absl::Status&) {
    std::lock_guard lock(mutex_);
    unwritten_bytes_ -= bytes;
    const auto waiting = unwritten_.find(hash);
    if (waiting != unwritten_.end() && waiting->second == entry) unwritten_.erase(waiting);
  };
  if (entry->file != nullptr) {
    disk->Rewrite(hash, std::move(entry), std::move(done));
  } else {
    disk->Write(hash, std::move(entry), std::move(done));
  }
}

void Store::Outdate(uint64_t hash) {
  std::vector<std::shared_ptr<const StoredEntry>> evicted;
  std::lock_guard lock(mutex_);
  ++VersionOf(hash);
  memory_.Erase(hash, evicted);
  unwritten_.erase(hash);
}

void Store::Delete(std::string_view key, std::function<void(bool)> done) {
  const uint64_t hash = HashOf(key);
  bool was_here = false;
  std::vector<std::shared_ptr<const StoredEntry>> evicted;
  {
    std::lock_guard lock(mutex_);
    ++VersionOf(hash);
    was_here = memory_.Erase(hash, evicted);
    was_here |= unwritten_.erase(hash) > 0;
  }
  Disk* const disk = this->disk();
  if (disk == nullptr) return done(was_here);
  disk->Remove(hash,
               [was_here, done = std::move(done)](bool was_there) { done(was_here || was_there); });
}

std::shared_ptr<Store::LargeBody> Store::StartLarge(std::string_view key) {
  Disk* const disk = DiskForWriting();
  if (disk == nullptr) return nullptr;
  const uint64_t hash = HashOf(key);
  return std::shared_ptr<LargeBody>(new LargeBody(*this, hash, disk->StartBody(hash)));
}

void Store::LargeBody::Commit(StoredEntry entry, std::function<void(absl::Status)> done) {
  writer_->Commit(std::move(entry),
                  [&store = store_, hash = hash_, done = std::move(done)](absl::Status status) {
                    if (status.ok()) store.Outdate(hash);
                    done(std::move(status));
                  });
}

void Store::AfterWrites(std::function<void()> task) {
  Disk* const disk = this->disk();
  if (disk == nullptr) return task();
  disk->AfterAll(std::move(task));
}

StoreStatistics Store::Statistics() {
  StoreStatistics out;
  if (Disk* const disk = this->disk()) out.disk = disk->Statistics();
  std::lock_guard lock(mutex_);
  out.memory_bytes = memory_.bytes();
  out.memory_entries = memory_.size();
  return out;
}

}  // namespace terrella::cache
