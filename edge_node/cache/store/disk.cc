#include "edge_node/cache/store/disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::cache {
namespace {

uint64_t SegmentBytes(const DiskOptions& options) {
  if (options.segment_bytes != 0) return options.segment_bytes;
  return std::clamp<uint64_t>(options.bytes_max / 64, 1 << 20, 64 << 20);
}

uint64_t RecordBytes(size_t entry_bytes, size_t body_bytes) {
  return RecordHeader{.entry_bytes = static_cast<uint32_t>(entry_bytes), .body_bytes = body_bytes}
      .record_bytes();
}

}  // namespace

Disk::Disk(const DiskOptions& options)
    : options_(options),
      segment_bytes_(SegmentBytes(options)),
      map_(DiskMap::Limits{.bytes_max = options.bytes_max}) {}

Disk::~Disk() {
  {
    std::lock_guard lock(jobs_mutex_);
    stop_ = true;
  }
  jobs_wakeup_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Disk::Post(std::function<void()> job) {
  {
    std::lock_guard lock(jobs_mutex_);
    jobs_.push_back(std::move(job));
  }
  jobs_wakeup_.notify_one();
}

void Disk::Run() {
  Recover();
  recovered_ = true;
  for (;;) {
    std::deque<std::function<void()>> jobs;
    {
      std::unique_lock lock(jobs_mutex_);
      jobs_wakeup_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      jobs.swap(jobs_);
    }
    for (auto& job : jobs) {
      job();
      job = nullptr;  // what it holds goes with it, not with the last one
    }
  }
}

std::optional<Disk::Place> Disk::Find(uint64_t hash) {
  std::lock_guard lock(mutex_);
  const auto entry = map_.Find(hash);
  if (!entry) return std::nullopt;
  const auto file = files_.find(entry->unit);
  if (file == files_.end()) return std::nullopt;
  return Place{.file = file->second,
               .kind = map_.KindOf(entry->unit),
               .offset = entry->offset,
               .bytes = entry->bytes};
}

void Disk::Touch(uint64_t hash) {
  std::lock_guard lock(mutex_);
  map_.Find(hash);
}

void Disk::Write(uint64_t hash, std::shared_ptr<const StoredEntry> entry,
                 std::function<void(absl::Status)> done) {
  Post([this, hash, entry = std::move(entry), done = std::move(done)] {
    const std::string head = EncodeEntry(*entry);
    const uint64_t bytes = RecordBytes(head.size(), entry->body.size());
    if (bytes > segment_bytes_ || !MakeRoom(bytes)) {
      return done(ResourceExhausted("{} bytes do not fit on the cache's disk", bytes));
    }
    DiskMap::Queue queue;
    {
      std::lock_guard lock(mutex_);
      queue = map_.QueueFor(hash);
    }
    done(Complain(Append(queue, hash, 0, head, entry->body)));
  });
}

void Disk::Rewrite(uint64_t hash, std::shared_ptr<const StoredEntry> entry,
                   std::function<void(absl::Status)> done) {
  Post([this, hash, entry = std::move(entry), done = std::move(done)] {
    const UnitId unit = entry->file->id();
    const std::string head = EncodeEntry(*entry);
    const uint64_t bytes = head.size() + kRecordHeaderBytes;
    if (!MakeRoom(bytes)) return done(ResourceExhausted("no room for {} bytes", bytes));
    const auto file = FileOf(unit);
    const auto size = file == nullptr ? NotFound("it is gone") : file->Size();
    if (!size.ok()) return done(size.status());
    const RecordHeader footer{.sequence = next_sequence_++,
                              .key_hash = hash,
                              .entry_bytes = static_cast<uint32_t>(head.size()),
                              .body_bytes = entry->body_bytes,
                              .checksum = EntryChecksum(head, unit)};
    const absl::Status written =
        file->WriteAt(*size, head + EncodeHeader(footer, RecordKind::kBodyFile, unit));
    if (!written.ok()) {
      DeleteUnit(unit);  // its end is no footer any more
      return done(Complain(written));
    }
    std::lock_guard lock(mutex_);
    map_.Grow(unit, bytes);
    const auto old = map_.Peek(hash);
    if (old && old->unit == unit) {
      map_.Add(hash, {.unit = unit,
                      .offset = static_cast<uint32_t>(*size),
                      .bytes = static_cast<uint32_t>(bytes),
                      .hits = old->hits});
    }
    done(absl::OkStatus());
  });
}

void Disk::Remove(uint64_t hash, std::function<void(bool)> done) {
  auto take_off_map = [this, hash] {
    std::lock_guard lock(mutex_);
    return map_.Remove(hash);
  };
  const std::optional<DiskEntry> now = take_off_map();
  Post([this, now, take_off_map, done = std::move(done)] {
    // A second time for what was on its way to the map.
    const std::optional<DiskEntry> since = take_off_map();
    if (now) Kill(*now);
    if (since) Kill(*since);
    done(now || since);
  });
}

void Disk::AfterAll(std::function<void()> task) {
  Post(std::move(task));
}

DiskStatistics Disk::Statistics() {
  std::lock_guard lock(mutex_);
  return {.bytes = map_.bytes() + deleted_bytes_->load(),
          .entries = map_.entries(),
          .files = map_.units(),
          .recovered = recovered_.load()};
}

bool Disk::MakeRoom(uint64_t bytes) {
  for (;;) {
    std::optional<DiskMap::Victim> victim;
    {
      std::lock_guard lock(mutex_);
      victim = map_.NextVictim(bytes, deleted_bytes_->load());
      if (!victim) return map_.Fits(bytes, deleted_bytes_->load());
    }
    Reclaim(*victim);
  }
}

void Disk::Reclaim(const DiskMap::Victim& victim) {
  struct Kept {
    DiskMap::Victim::Survivor survivor;
    std::string bytes;
  };
  std::vector<Kept> kept;
  const std::shared_ptr<CacheFile> file = FileOf(victim.unit);
  for (const auto& survivor : victim.survivors) {
    auto bytes = file->ReadAt(survivor.entry.offset, survivor.entry.bytes);
    if (bytes.ok()) kept.push_back({survivor, *std::move(bytes)});
  }
  DeleteUnit(victim.unit);
  for (const Kept& one : kept) {
    const auto record = DecodeRecord(one.bytes, victim.unit);
    if (!record) continue;
    {
      std::lock_guard lock(mutex_);
      // Where readers still hold the old file open there may be no room for a second copy.
      if (!map_.Fits(one.bytes.size(), deleted_bytes_->load())) return;
    }
    Complain(Append(DiskMap::Queue::kMain, one.survivor.hash, one.survivor.entry.hits,
                    record->entry, record->body))
        .IgnoreError();
  }
}

void Disk::DeleteUnit(UnitId unit) {
  std::shared_ptr<CacheFile> file;
  uint64_t bytes = 0;
  {
    std::lock_guard lock(mutex_);
    if (!map_.Has(unit)) return;
    bytes = map_.BytesOf(unit);
    map_.Forget(unit);
    file = std::move(files_.extract(unit).mapped());
  }
  file->Delete(bytes);
}

absl::Status Disk::OpenLog(DiskMap::Queue queue) {
  Log& log = queue == DiskMap::Queue::kSmall ? small_log_ : main_log_;
  if (log.file != nullptr) {
    std::lock_guard lock(mutex_);
    if (map_.Has(log.file->id())) map_.Seal(log.file->id());
  }
  log = {};
  const UnitId id = next_unit_++;
  const char* kind = queue == DiskMap::Queue::kSmall ? "log-s" : "log-m";
  ASSIGN_OR_RETURN(log.file, CacheFile::Open(options_.folder / fmt::format("{}-{:016x}", kind, id),
                                             id, /*create=*/true, deleted_bytes_, options_.pace));
  std::lock_guard lock(mutex_);
  map_.Open(id, DiskMap::Kind::kLog, queue);
  files_[id] = log.file;
  return absl::OkStatus();
}

absl::Status Disk::Append(DiskMap::Queue queue, uint64_t hash, uint8_t hits, std::string_view entry,
                          std::string_view body) {
  Log& log = queue == DiskMap::Queue::kSmall ? small_log_ : main_log_;
  const uint64_t bytes = RecordBytes(entry.size(), body.size());
  if (log.file == nullptr || log.bytes + bytes > segment_bytes_) RETURN_IF_ERROR(OpenLog(queue));
  const UnitId unit = log.file->id();
  const std::string record = EncodeRecord(next_sequence_++, hash, entry, body, unit);
  if (absl::Status written = log.file->WriteAt(log.bytes, record); !written.ok()) {
    // Part of it may be there: nothing more is written behind it.
    OpenLog(queue).IgnoreError();
    return written;
  }
  std::optional<DiskEntry> replaced;
  {
    std::lock_guard lock(mutex_);
    map_.Grow(unit, bytes);
    replaced = map_.Add(hash, {.unit = unit,
                               .offset = static_cast<uint32_t>(log.bytes),
                               .bytes = static_cast<uint32_t>(bytes),
                               .hits = hits});
  }
  log.bytes += bytes;
  if (replaced) Kill(*replaced);
  return absl::OkStatus();
}

void Disk::Kill(const DiskEntry& entry) {
  bool is_body = false;
  const std::shared_ptr<CacheFile> file = FileOf(entry.unit);
  if (file == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    is_body = map_.KindOf(entry.unit) == DiskMap::Kind::kFile;
  }
  if (is_body) return DeleteUnit(entry.unit);
  Complain(file->WriteAt(entry.offset + kStateOffset, DeadWord())).IgnoreError();
}

std::shared_ptr<CacheFile> Disk::FileOf(UnitId unit) {
  std::lock_guard lock(mutex_);
  const auto found = files_.find(unit);
  return found == files_.end() ? nullptr : found->second;
}

absl::Status Disk::Complain(absl::Status status) {
  if (!status.ok() && !std::exchange(complained_, true)) {
    LogError("the cache's disk: {}; further errors are not logged", Message(status));
  }
  return status;
}

}  // namespace terrella::cache
