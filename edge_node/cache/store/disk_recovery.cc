// Disk's start: what the folder holds already, read from the headers of its records.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status.h"
#include "edge_node/cache/store/bytes.h"
#include "edge_node/cache/store/disk.h"

namespace terrella::cache {
namespace {

namespace fs = std::filesystem;

constexpr char kSeedFile[] = "seed-1";  // the number is the format's

// The seed of a folder, which says at the same time that what is in it is of this format. Not
// synced: without it the rest of the folder does not count.
absl::StatusOr<uint64_t> ReadOrMakeSeed(const fs::path& folder, std::optional<uint64_t> wanted) {
  const auto existing = ReadFile(folder / kSeedFile, 64);
  if (existing.ok() && existing->size() == sizeof(uint64_t)) {
    const uint64_t seed = ByteReader(*existing).U64();
    if (wanted && seed != *wanted) return FailedPrecondition("{} is in use", folder.string());
    return seed;
  }
  std::error_code error;
  for (const auto& file : fs::directory_iterator(folder, error)) fs::remove(file.path(), error);
  const uint64_t seed = wanted ? *wanted : RandomU64();
  ByteWriter out;
  out.U64(seed);
  const fs::path temporary = folder / "seed.new";
  std::ofstream file(temporary, std::ios::binary);
  file << out.bytes();
  file.close();
  if (!file) return Unavailable("cannot write {}", temporary.string());
  fs::rename(temporary, folder / kSeedFile, error);
  if (error) return Unavailable("cannot write {}: {}", folder.string(), error.message());
  return seed;
}

// "body-00ff" -> 255; nothing when the name does not begin with `kind`.
std::optional<UnitId> IdOf(std::string_view name, std::string_view kind) {
  if (!name.starts_with(kind)) return std::nullopt;
  name.remove_prefix(kind.size());
  UnitId id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id, 16);
  if (error != std::errc() || end != name.data() + name.size() || id == 0) return std::nullopt;
  return id;
}

// By descriptor: a confined node (confine.h) may not change the mode of what it cannot open.
void MakePrivate(const fs::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  if (fchmod(fd, 0700) != 0) LogWarn("{} stays open to others", folder.string());
  close(fd);
}

}  // namespace

bool Disk::IsMade(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / kSeedFile, error);
}

absl::StatusOr<std::unique_ptr<Disk>> Disk::Open(const DiskOptions& options,
                                                 std::optional<uint64_t> seed) {
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) return Unavailable("cannot make {}: {}", options.folder.string(), error.message());
  MakePrivate(options.folder);
  std::unique_ptr<Disk> disk(new Disk(options));
  ASSIGN_OR_RETURN(disk->hash_seed_, ReadOrMakeSeed(options.folder, seed));
  disk->thread_ = std::thread([raw = disk.get()] { raw->Run(); });
  return disk;
}

void Disk::Recover() {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(options_.folder, error)) {
    paths.push_back(file.path());
  }
  // By the number at the end of the name: the order they were made in.
  std::sort(paths.begin(), paths.end(), [](const fs::path& a, const fs::path& b) {
    const std::string x = a.filename().string(), y = b.filename().string();
    return x.substr(x.find_last_of('-') + 1) < y.substr(y.find_last_of('-') + 1);
  });
  std::vector<Found> found;
  for (const fs::path& path : paths) RecoverFile(path, found);
  KeepNewest(std::move(found));
  MakeRoom(0);  // the bound may have been lowered
}

void Disk::RecoverFile(const fs::path& path, std::vector<Found>& found) {
  const std::string name = path.filename().string();
  if (name == kSeedFile) return;
  DiskMap::Kind kind = DiskMap::Kind::kLog;
  DiskMap::Queue queue = DiskMap::Queue::kMain;
  auto id = IdOf(name, "log-m-");
  if (!id) {
    id = IdOf(name, "log-s-");
    if (id) queue = DiskMap::Queue::kSmall;
  }
  if (!id) {
    id = IdOf(name, "body-");
    kind = DiskMap::Kind::kFile;
  }
  std::error_code ignored;
  if (!id) {
    fs::remove(path, ignored);
    return;
  }
  next_unit_ = std::max(next_unit_, *id + 1);
  auto file = CacheFile::Open(path, *id, /*create=*/false, deleted_bytes_, options_.pace);
  const auto size = file.ok() ? (*file)->Size() : file.status();
  if (!size.ok()) {
    fs::remove(path, ignored);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    map_.Open(*id, kind, queue);
    map_.Grow(*id, *size);
    map_.Seal(*id);
    files_[*id] = *file;
  }
  const bool good = kind == DiskMap::Kind::kLog ? RecoverLog(*id, **file, found)
                                                : RecoverBody(*id, **file, found);
  if (!good) DeleteUnit(*id);
}

bool Disk::RecoverLog(UnitId id, CacheFile& file, std::vector<Found>& found) {
  const size_t before = found.size();
  const auto size = file.Size();
  if (!size.ok()) return false;
  uint64_t offset = 0;
  for (;;) {
    // The end of the file, or of what was written before a crash.
    const auto bytes = file.ReadAt(offset, kRecordHeaderBytes);
    if (!bytes.ok()) break;
    const auto header = DecodeHeader(*bytes, RecordKind::kLog, id);
    if (!header || offset + header->record_bytes() > *size) break;
    next_sequence_ = std::max(next_sequence_, header->sequence + 1);
    if (header->live) {
      found.push_back({header->key_hash,
                       header->sequence,
                       {.unit = id,
                        .offset = static_cast<uint32_t>(offset),
                        .bytes = static_cast<uint32_t>(header->record_bytes())}});
    }
    offset += header->record_bytes();
  }
  return found.size() > before;
}

bool Disk::RecoverBody(UnitId id, CacheFile& file, std::vector<Found>& found) {
  const auto size = file.Size();
  if (!size.ok() || *size < kRecordHeaderBytes) return false;
  const auto bytes = file.ReadAt(*size - kRecordHeaderBytes, kRecordHeaderBytes);
  if (!bytes.ok()) return false;
  const auto footer = DecodeHeader(*bytes, RecordKind::kBodyFile, id);
  if (!footer) return false;
  const uint64_t tail = uint64_t{footer->entry_bytes} + kRecordHeaderBytes;
  if (*size > UINT32_MAX || PiecesBytes(footer->body_bytes) + tail > *size) return false;
  next_sequence_ = std::max(next_sequence_, footer->sequence + 1);
  found.push_back({footer->key_hash,
                   footer->sequence,
                   {.unit = id,
                    .offset = static_cast<uint32_t>(*size - tail),
                    .bytes = static_cast<uint32_t>(tail)}});
  return true;
}

void Disk::KeepNewest(std::vector<Found> found) {
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.sequence < b.sequence; });
  std::vector<DiskEntry> outdated;
  for (const Found& one : found) {
    std::lock_guard lock(mutex_);
    if (const auto old = map_.Add(one.hash, one.entry)) outdated.push_back(*old);
  }
  for (const DiskEntry& entry : outdated) Kill(entry);
  if (!found.empty()) {
    LogInfo("the cache holds {} responses from before in {} MiB", found.size() - outdated.size(),
            Statistics().bytes >> 20);
  }
}

}  // namespace terrella::cache
