#include "control_plane/backup/backup.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/digest.h"
#include "base/sqlite_database.h"
#include "base/status.h"
#include "control_plane/backup/backup_archive.h"

namespace terrella::control {
namespace {

using control_backup::Header;
using control_backup::Piece;

constexpr uint32_t kForm = 1;
constexpr std::string_view kMark = "restore/running";
constexpr std::string_view kKvFile = "kv.db";
constexpr std::string_view kKvRestored = "kv.db.restored";
constexpr size_t kPieceBytes = size_t{512} << 10;
// Operations of a restore's transactions; under the store's limits, with room for large values.
constexpr size_t kOpsMax = 50;
constexpr size_t kOpBytesMax = size_t{512} << 10;

// What says who is doing what, and not what the state is.
bool IsOfNow(std::string_view key) {
  return key == kMark || key.starts_with(kLeaderPrefix);
}

class Saver {
 public:
  Saver(StateStore& store, ArchiveWriter& archive) : store_(store), archive_(archive) {}

  absl::Status Records(const RangeResult& range) {
    for (const Record& record : range.records) {
      if (IsOfNow(record.key)) continue;
      BackupFrame frame;
      frame.mutable_record()->set_key(record.key);
      frame.mutable_record()->set_value(record.value);
      RETURN_IF_ERROR(archive_.Write(frame));
      end_.set_records(end_.records() + 1);
    }
    return absl::OkStatus();
  }

  absl::Status Blobs() {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, store_.ListBlobs());
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const uint64_t size, store_.BlobSize(name));
      uint64_t offset = 0;
      do {
        ASSIGN_OR_RETURN(std::string data, store_.ReadBlob(name, offset, kPieceBytes));
        BackupFrame frame;
        RETURN_IF_ERROR(
            WritePiece(name, size, offset, std::move(data), *frame.mutable_blob(), frame));
      } while (offset < size);
      end_.set_blobs(end_.blobs() + 1);
    }
    return absl::OkStatus();
  }

  absl::Status File(const std::filesystem::path& path, std::string_view name) {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(path, error);
    std::ifstream in(path, std::ios::binary);
    if (error || !in) return Unavailable("cannot read {}", path.string());
    uint64_t offset = 0;
    do {
      std::string data(std::min<uint64_t>(kPieceBytes, size - offset), '\0');
      if (!in.read(data.data(), static_cast<std::streamsize>(data.size()))) {
        return Unavailable("cannot read {}", path.string());
      }
      BackupFrame frame;
      RETURN_IF_ERROR(
          WritePiece(name, size, offset, std::move(data), *frame.mutable_file(), frame));
    } while (offset < size);
    end_.set_files(end_.files() + 1);
    return absl::OkStatus();
  }

  absl::Status End() {
    BackupFrame frame;
    *frame.mutable_end() = end_;
    return archive_.Write(frame);
  }

  const control_backup::End& end() const { return end_; }

 private:
  // Moves `offset` behind it.
  absl::Status WritePiece(std::string_view name, uint64_t size, uint64_t& offset, std::string data,
                          Piece& piece, const BackupFrame& frame) {
    piece.set_name(std::string(name));
    piece.set_size(size);
    piece.set_offset(offset);
    offset += data.size();
    piece.set_data(std::move(data));
    return archive_.Write(frame);
  }

  StateStore& store_;
  ArchiveWriter& archive_;
  control_backup::End end_;
};

// The pieces of one thing put together; true when it is complete.
absl::StatusOr<bool> Collect(const Piece& piece, std::string& whole) {
  if (piece.offset() != whole.size() || piece.data().size() > piece.size() - piece.offset()) {
    return DataLoss("a piece of '{}' at {} does not follow the one before it", ToHex(piece.name()),
                    piece.offset());
  }
  whole += piece.data();
  return whole.size() == piece.size();
}

// Reads to the end, and what is in it.
absl::StatusOr<BackupSummary> Verify(const std::filesystem::path& path, const BackupNames& names) {
  ASSIGN_OR_RETURN(ArchiveReader archive, ArchiveReader::Open(path));
  ASSIGN_OR_RETURN(BackupFrame frame, archive.Read());
  const Header header = frame.header();
  if (header.form() != kForm) {
    return FailedPrecondition("{} has form {}, this program knows {}", path.string(), header.form(),
                              kForm);
  }
  if (header.cluster() != names.cluster) {
    return FailedPrecondition("{} is a backup of cluster '{}', not of '{}'", path.string(),
                              header.cluster(), names.cluster);
  }
  while (!frame.has_end()) {
    ASSIGN_OR_RETURN(frame, archive.Read());
  }
  return BackupSummary{.cluster = header.cluster(),
                       .revision = header.revision(),
                       .created_unix_ms = header.created_unix_ms(),
                       .records = frame.end().records(),
                       .blobs = frame.end().blobs(),
                       .bytes = std::filesystem::file_size(path)};
}

class Restorer {
 public:
  Restorer(StateStore& store, std::filesystem::path folder)
      : store_(store), folder_(std::move(folder)) {}

  absl::Status Run(const std::filesystem::path& path,
                   const std::function<absl::Status()>& with_kv) {
    RETURN_IF_ERROR(store_.Txn({.ops = {Op::Put(std::string(kMark), "1")}}).status());
    ASSIGN_OR_RETURN(const RangeResult before, store_.Range(""));
    for (const Record& record : before.records) {
      if (!IsOfNow(record.key)) stale_.insert(record.key);
    }
    ASSIGN_OR_RETURN(ArchiveReader archive, ArchiveReader::Open(path));
    for (bool ended = false; !ended;) {
      ASSIGN_OR_RETURN(const BackupFrame frame, archive.Read());
      RETURN_IF_ERROR(Take(frame));
      ended = frame.has_end();
    }
    RETURN_IF_ERROR(RestoreKv());
    RETURN_IF_ERROR(with_kv());
    for (const std::string& key : stale_) RETURN_IF_ERROR(Add(Op::Delete(key)));
    RETURN_IF_ERROR(Flush());
    // Before anyone may serve from it.
    RETURN_IF_ERROR(store_.RenewEpoch());
    return store_.Txn({.ops = {Op::Delete(std::string(kMark))}}).status();
  }

 private:
  absl::Status Take(const BackupFrame& frame) {
    if (frame.has_record()) {
      if (IsOfNow(frame.record().key())) return absl::OkStatus();
      stale_.erase(frame.record().key());
      return Add(Op::Put(frame.record().key(), frame.record().value()));
    }
    if (frame.has_blob()) {
      ASSIGN_OR_RETURN(const bool complete, Collect(frame.blob(), blob_));
      if (!complete) return absl::OkStatus();
      if (Sha256(blob_) != frame.blob().name()) {
        return DataLoss("content {} is not what its name says", ToHex(frame.blob().name()));
      }
      const std::string content = std::exchange(blob_, {});
      const std::string_view view = content;
      return store_.PutBlobs({&view, 1});
    }
    if (frame.has_file() && frame.file().name() == kKvFile) return TakeKv(frame.file());
    return absl::OkStatus();
  }

  // Beside the old one: it may be large.
  absl::Status TakeKv(const Piece& piece) {
    if (piece.offset() == 0) {
      std::filesystem::create_directories(folder_);
      kv_.open(folder_ / kKvRestored, std::ios::binary | std::ios::trunc);
    }
    if (!kv_.write(piece.data().data(), static_cast<std::streamsize>(piece.data().size()))) {
      return Unavailable("cannot write {}", (folder_ / kKvRestored).string());
    }
    return absl::OkStatus();
  }

  absl::Status Add(Op op) {
    bytes_ += op.key.size() + op.value.size();
    ops_.push_back(std::move(op));
    return ops_.size() >= kOpsMax || bytes_ >= kOpBytesMax ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    if (ops_.empty()) return absl::OkStatus();
    bytes_ = 0;
    return store_.Txn({.ops = std::exchange(ops_, {})}).status();
  }

  // As a database of its own: what a log beside the old one says is not about this one.
  absl::Status RestoreKv() {
    std::error_code error;
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(folder_ / (std::string(kKvFile) + suffix), error);
      if (error) return Unavailable("cannot remove the old KV values: {}", error.message());
    }
    if (!kv_.is_open()) return absl::OkStatus();
    kv_.close();
    if (kv_.fail()) return Unavailable("cannot write {}", (folder_ / kKvRestored).string());
    std::filesystem::rename(folder_ / kKvRestored, folder_ / kKvFile, error);
    return error ? Unavailable("cannot put the KV values in place: {}", error.message())
                 : absl::OkStatus();
  }

  StateStore& store_;
  const std::filesystem::path folder_;
  std::set<std::string> stale_;
  std::vector<Op> ops_;
  size_t bytes_ = 0;
  std::string blob_;  // as far as it has come
  std::ofstream kv_;
};

}  // namespace

absl::StatusOr<DatabaseCopy> DatabaseCopy::Make(const std::filesystem::path& original,
                                                const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(original, error)) return NotFound("no file {}", original.string());
  std::filesystem::remove_all(folder, error);
  std::filesystem::create_directories(folder, error);
  if (error) return Unavailable("cannot create {}: {}", folder.string(), error.message());
  DatabaseCopy copy(folder);
  ASSIGN_OR_RETURN(SqliteDatabase database, SqliteDatabase::Open(original, /*read_only=*/true));
  std::string quoted;
  for (char c : (folder / original.filename()).string()) {
    quoted += c == '\'' ? "''" : std::string(1, c);
  }
  RETURN_IF_ERROR(database.Execute(fmt::format("VACUUM INTO '{}'", quoted).c_str()));
  return copy;
}

DatabaseCopy::~DatabaseCopy() {
  if (folder_.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

absl::StatusOr<BackupSummary> SaveBackup(StateStore& store, const std::filesystem::path& folder,
                                         const BackupNames& names,
                                         const std::filesystem::path& path) {
  RETURN_IF_ERROR(CheckNotRestoring(store));
  ASSIGN_OR_RETURN(ArchiveWriter archive, ArchiveWriter::Create(path));
  // Contents are written before what names them, and never removed: those listed after the map was
  // read are all it names.
  ASSIGN_OR_RETURN(const RangeResult range, store.Range(""));
  BackupFrame frame;
  Header& header = *frame.mutable_header();
  header.set_form(kForm);
  header.set_cluster(names.cluster);
  header.set_build(names.build);
  header.set_store_epoch(store.epoch());
  header.set_revision(range.revision);
  header.set_created_unix_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
                                 SystemClock().WallNow().time_since_epoch())
                                 .count());
  RETURN_IF_ERROR(archive.Write(frame));
  Saver saver(store, archive);
  RETURN_IF_ERROR(saver.Records(range));
  RETURN_IF_ERROR(saver.Blobs());
  if (std::error_code error; std::filesystem::exists(folder / kKvFile, error)) {
    ASSIGN_OR_RETURN(const DatabaseCopy copy,
                     DatabaseCopy::Make(folder / kKvFile, path.string() + ".kv"));
    RETURN_IF_ERROR(saver.File(copy.folder() / kKvFile, kKvFile));
  }
  RETURN_IF_ERROR(saver.End());
  RETURN_IF_ERROR(archive.Commit());
  return BackupSummary{.cluster = names.cluster,
                       .revision = range.revision,
                       .created_unix_ms = header.created_unix_ms(),
                       .records = saver.end().records(),
                       .blobs = saver.end().blobs(),
                       .bytes = archive.bytes()};
}

absl::StatusOr<BackupSummary> RestoreBackup(StateStore& store, const std::filesystem::path& folder,
                                            const BackupNames& names,
                                            const std::filesystem::path& path,
                                            const std::function<absl::Status()>& with_kv) {
  ASSIGN_OR_RETURN(const BackupSummary summary, Verify(path, names));
  RETURN_IF_ERROR(Restorer(store, folder).Run(path, with_kv));
  return summary;
}

absl::Status CheckNotRestoring(StateStore& store) {
  const absl::Status mark = store.Get(kMark).status();
  if (mark.code() == absl::StatusCode::kNotFound) return absl::OkStatus();
  RETURN_IF_ERROR(mark);
  return FailedPrecondition(
      "a restore of this store was broken off and left half of it; repeat the restore");
}

}  // namespace terrella::control
