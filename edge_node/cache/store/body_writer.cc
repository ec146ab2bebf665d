// Disk::BodyWriter: a large body on its way to a file of its own.
#include <fmt/format.h>

#include <utility>

#include "base/status.h"
#include "edge_node/cache/store/disk.h"

namespace terrella::cache {

std::shared_ptr<Disk::BodyWriter> Disk::StartBody(uint64_t hash) {
  return std::shared_ptr<BodyWriter>(new BodyWriter(*this, hash));
}

Disk::BodyWriter::~BodyWriter() {
  if (committed_ || unit_ == 0) return;
  disk_.Post([&disk = disk_, unit = unit_] { disk.DeleteUnit(unit); });
}

std::shared_ptr<CacheFile> Disk::BodyWriter::file() const {
  std::lock_guard lock(mutex_);
  return file_;
}

void Disk::BodyWriter::Append(std::string pieces, std::function<void(absl::Status)> done) {
  disk_.Post([self = shared_from_this(), pieces = std::move(pieces), done = std::move(done)] {
    done(self->disk_.Complain(self->Write(pieces)));
  });
}

absl::Status Disk::BodyWriter::Write(std::string_view pieces) {
  if (unit_ == 0) {
    const UnitId id = disk_.next_unit_++;
    ASSIGN_OR_RETURN(auto file,
                     CacheFile::Open(disk_.options_.folder / fmt::format("body-{:016x}", id), id,
                                     /*create=*/true, disk_.deleted_bytes_, disk_.options_.pace));
    unit_ = id;
    {
      std::lock_guard lock(disk_.mutex_);
      disk_.map_.Open(id, DiskMap::Kind::kFile, disk_.map_.QueueFor(hash_));
      disk_.files_[id] = file;
    }
    std::lock_guard lock(mutex_);
    file_ = std::move(file);
  }
  std::string out;
  while (!pieces.empty()) {
    const std::string_view piece = pieces.substr(0, kPieceBytes);
    out += EncodePiece(piece, pieces_++, unit_);
    pieces.remove_prefix(piece.size());
  }
  if (!disk_.MakeRoom(out.size())) {
    return ResourceExhausted("{} more bytes do not fit on the cache's disk", out.size());
  }
  RETURN_IF_ERROR(file_->WriteAt(bytes_, out));
  bytes_ += out.size();
  std::lock_guard lock(disk_.mutex_);
  disk_.map_.Grow(unit_, out.size());
  return absl::OkStatus();
}

void Disk::BodyWriter::Commit(StoredEntry entry, std::function<void(absl::Status)> done) {
  disk_.Post([self = shared_from_this(), entry = std::move(entry), done = std::move(done)] {
    done(self->disk_.Complain(self->Finish(entry)));
  });
}

absl::Status Disk::BodyWriter::Finish(const StoredEntry& entry) {
  if (unit_ == 0) return FailedPrecondition("nothing of the body was written");
  const std::string head = EncodeEntry(entry);
  const RecordHeader footer{.sequence = disk_.next_sequence_++,
                            .key_hash = hash_,
                            .entry_bytes = static_cast<uint32_t>(head.size()),
                            .body_bytes = entry.body_bytes,
                            .checksum = EntryChecksum(head, unit_)};
  const std::string tail = head + EncodeHeader(footer, RecordKind::kBodyFile, unit_);
  if (!disk_.MakeRoom(tail.size())) return ResourceExhausted("no room on the cache's disk");
  RETURN_IF_ERROR(file_->WriteAt(bytes_, tail));
  committed_ = true;
  std::optional<DiskEntry> replaced;
  {
    std::lock_guard lock(disk_.mutex_);
    disk_.map_.Grow(unit_, tail.size());
    disk_.map_.Seal(unit_);
    replaced = disk_.map_.Add(hash_, {.unit = unit_,
                                      .offset = static_cast<uint32_t>(bytes_),
                                      .bytes = static_cast<uint32_t>(tail.size()),
                                      .hits = 0});
  }
  if (replaced) disk_.Kill(*replaced);
  return absl::OkStatus();
}

}  // namespace terrella::cache
