#include "control_plane/store/sqlite_store.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/sqlite_database.h"
#include "base/status.h"
#include "control_plane/store/file_lock.h"
#include "control_plane/store/watch_hub.h"

namespace terrella::control {
namespace {

constexpr uint64_t kSchema = 1;
constexpr size_t kChunkBytes = size_t{512} << 10;
// Contents are grouped into transactions of about this size: few syncs, short holds.
constexpr size_t kBlobTxnBytes = size_t{1} << 20;

constexpr const char* kPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
    "PRAGMA wal_autocheckpoint=1000; PRAGMA cache_size=-2048;";

// kv: the map. log: every change since the last compaction, NULL value for a deletion. request:
// answers by request id. blob and chunk: contents by hash; a chunk without its blob row is an
// unfinished write.
constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS kv(key BLOB PRIMARY KEY, value BLOB NOT NULL,"
    "  created INTEGER NOT NULL, modified INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log(revision INTEGER NOT NULL, key BLOB NOT NULL, value BLOB,"
    "  created INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS log_revision ON log(revision);"
    "CREATE TABLE IF NOT EXISTS request(id BLOB PRIMARY KEY, revision INTEGER NOT NULL,"
    "  result BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS request_revision ON request(revision);"
    "CREATE TABLE IF NOT EXISTS blob(sha256 BLOB PRIMARY KEY, bytes INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS chunk(sha256 BLOB NOT NULL, part INTEGER NOT NULL,"
    "  data BLOB NOT NULL, PRIMARY KEY(sha256, part));";

// The first key after every key with the prefix.
std::string PrefixEnd(std::string_view prefix, const StoreLimits& limits) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return std::string(limits.key_bytes_max + 1, '\xff');
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

// Rolls back unless committed.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(SqliteDatabase& database) {
    RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
    return Transaction(database);
  }
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ~Transaction() {
    if (database_ != nullptr) (void)database_->Execute("ROLLBACK");
  }
  absl::Status Commit() {
    RETURN_IF_ERROR(database_->Execute("COMMIT"));
    database_ = nullptr;
    return absl::OkStatus();
  }

 private:
  explicit Transaction(SqliteDatabase& database) : database_(&database) {}
  SqliteDatabase* database_;
};

}  // namespace

// Thread: any; one mutex.
class SqliteStore::Reader {
 public:
  Reader(SqliteDatabase database, const StoreLimits& limits)
      : limits_(limits), database_(std::move(database)) {}

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(range_, database_.Prepare("SELECT key,value,created,modified FROM kv"
                                               " WHERE key>=? AND key<? ORDER BY key"));
    ASSIGN_OR_RETURN(revision_, database_.Prepare("SELECT value FROM meta WHERE name='revision'"));
    ASSIGN_OR_RETURN(get_, database_.Prepare("SELECT value,created,modified FROM kv WHERE key=?"));
    ASSIGN_OR_RETURN(request_, database_.Prepare("SELECT revision,result FROM request WHERE id=?"));
    ASSIGN_OR_RETURN(blobs_, database_.Prepare("SELECT sha256 FROM blob ORDER BY sha256"));
    ASSIGN_OR_RETURN(size_, database_.Prepare("SELECT bytes FROM blob WHERE sha256=?"));
    ASSIGN_OR_RETURN(chunk_, database_.Prepare("SELECT substr(data,?,?) FROM chunk"
                                               " WHERE sha256=? AND part=?"));
    return absl::OkStatus();
  }

  absl::StatusOr<RangeResult> Range(std::string_view prefix) {
    std::lock_guard lock(mutex_);
    // One read transaction, so that the revision belongs to the records.
    RETURN_IF_ERROR(database_.Execute("BEGIN"));
    absl::StatusOr<RangeResult> result = RangeLocked(prefix);
    RETURN_IF_ERROR(database_.Execute("COMMIT"));
    return result;
  }

  absl::StatusOr<Record> Get(std::string_view key) {
    std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(bool found, get_.Bind(key).Step());
    if (!found) return NotFound("no key '{}'", key);
    Record record{std::string(key), std::string(get_.Blob(0)), get_.Integer(1), get_.Integer(2)};
    get_.Reset();
    return record;
  }

  absl::StatusOr<std::optional<TxnResult>> FindRequest(std::string_view id) {
    std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(bool found, request_.Bind(id).Step());
    if (!found) return std::optional<TxnResult>();
    TxnResult result{request_.Integer(0), true, std::string(request_.Blob(1))};
    request_.Reset();
    return std::optional<TxnResult>(std::move(result));
  }

  absl::StatusOr<std::vector<std::string>> ListBlobs() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    blobs_.Bind();
    while (true) {
      ASSIGN_OR_RETURN(bool row, blobs_.Step());
      if (!row) break;
      names.emplace_back(blobs_.Blob(0));
    }
    blobs_.Reset();
    return names;
  }

  absl::StatusOr<uint64_t> BlobSize(std::string_view sha256) {
    std::lock_guard lock(mutex_);
    return BlobSizeLocked(sha256);
  }

  absl::StatusOr<std::string> ReadBlob(std::string_view sha256, uint64_t offset, size_t bytes_max) {
    std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(uint64_t size, BlobSizeLocked(sha256));
    if (offset > size) return OutOfRange("offset {} is past the end of {} bytes", offset, size);
    uint64_t left = std::min<uint64_t>(bytes_max, size - offset);
    std::string out;
    out.reserve(left);
    while (left > 0) {
      uint64_t part = offset / kChunkBytes, within = offset % kChunkBytes;
      ASSIGN_OR_RETURN(bool found, chunk_.Bind(within + 1, left, sha256, part).Step());
      std::string_view data = found ? chunk_.Blob(0) : std::string_view();
      if (data.empty()) return DataLoss("part {} of content {} is missing", part, ToHex(sha256));
      out.append(data);
      offset += data.size();
      left -= data.size();
      chunk_.Reset();
    }
    return out;
  }

 private:
  absl::StatusOr<RangeResult> RangeLocked(std::string_view prefix) {
    RangeResult result;
    ASSIGN_OR_RETURN(bool found, revision_.Bind().Step());
    result.revision = found ? revision_.Integer(0) : 0;
    revision_.Reset();
    std::string end = PrefixEnd(prefix, limits_);
    range_.Bind(prefix, std::string_view(end));
    while (true) {
      ASSIGN_OR_RETURN(bool row, range_.Step());
      if (!row) break;
      result.records.push_back({std::string(range_.Blob(0)), std::string(range_.Blob(1)),
                                range_.Integer(2), range_.Integer(3)});
    }
    range_.Reset();
    return result;
  }

  absl::StatusOr<uint64_t> BlobSizeLocked(std::string_view sha256) {
    ASSIGN_OR_RETURN(bool found, size_.Bind(sha256).Step());
    if (!found) return NotFound("no content with SHA-256 {}", ToHex(sha256));
    uint64_t size = size_.Integer(0);
    size_.Reset();
    return size;
  }

  const StoreLimits limits_;
  std::mutex mutex_;  // guards everything below
  SqliteDatabase database_;
  SqliteStatement range_, revision_, get_, request_, blobs_, size_, chunk_;
};

// Thread: any; one mutex, held over a commit and the delivery to watches.
class SqliteStore::Writer {
 public:
  Writer(FileLock lock, SqliteDatabase database, const StoreLimits& limits)
      : limits_(limits), file_lock_(std::move(lock)), database_(std::move(database)) {}

  absl::Status Prepare() {
    RETURN_IF_ERROR(database_.Execute(kPragmas));
    RETURN_IF_ERROR(database_.Execute(kTables));
    const std::array<std::pair<SqliteStatement*, const char*>, 15> statements = {{
        {&meta_get_, "SELECT value FROM meta WHERE name=CAST(? AS TEXT)"},
        {&meta_put_, "INSERT OR REPLACE INTO meta(name,value) VALUES(CAST(? AS TEXT),?)"},
        {&get_, "SELECT created,modified FROM kv WHERE key=?"},
        {&put_, "INSERT OR REPLACE INTO kv(key,value,created,modified) VALUES(?,?,?,?)"},
        {&delete_, "DELETE FROM kv WHERE key=?"},
        {&log_put_, "INSERT INTO log(revision,key,value,created) VALUES(?,?,?,?)"},
        {&log_get_,
         "SELECT revision,key,value,created FROM log WHERE revision>? ORDER BY revision,"
         "rowid"},
        {&log_trim_, "DELETE FROM log WHERE revision<=?"},
        {&request_get_, "SELECT revision,result FROM request WHERE id=?"},
        {&request_put_, "INSERT INTO request(id,revision,result) VALUES(?,?,?)"},
        {&request_trim_, "DELETE FROM request WHERE revision<?"},
        {&blob_get_, "SELECT 1 FROM blob WHERE sha256=?"},
        {&blob_put_, "INSERT INTO blob(sha256,bytes) VALUES(?,?)"},
        {&chunk_put_, "INSERT OR REPLACE INTO chunk(sha256,part,data) VALUES(?,?,?)"},
        {&chunk_trim_, "DELETE FROM chunk WHERE sha256 NOT IN (SELECT sha256 FROM blob)"},
    }};
    for (const auto& [statement, sql] : statements) {
      ASSIGN_OR_RETURN(*statement, database_.Prepare(sql));
    }
    return Load();
  }

  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) {
    RETURN_IF_ERROR(CheckTxn(request, limits_));
    std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
    if (!request.request_id.empty()) {
      ASSIGN_OR_RETURN(bool known, request_get_.Bind(request.request_id).Step());
      TxnResult first;
      if (known) first = {request_get_.Integer(0), true, std::string(request_get_.Blob(1))};
      request_get_.Reset();
      if (known) return first;
    }
    RETURN_IF_ERROR(CheckCompares(request.compares));
    ASSIGN_OR_RETURN(std::vector<Event> events, Apply(request.ops, revision_ + 1));
    Revision revision = events.empty() ? revision_ : revision_ + 1;
    if (!events.empty()) RETURN_IF_ERROR(WriteLog(revision, events));
    if (!request.request_id.empty()) {
      RETURN_IF_ERROR(request_put_.Bind(request.request_id, revision, request.result).Run());
      if (revision > limits_.request_revisions) {
        RETURN_IF_ERROR(request_trim_.Bind(revision - limits_.request_revisions).Run());
      }
    }
    RETURN_IF_ERROR(transaction.Commit());
    if (revision > limits_.log_revisions) {
      compacted_ = std::max(compacted_, revision - limits_.log_revisions);
    }
    revision_ = revision;
    if (!events.empty()) hub_.Publish(revision, events);
    return TxnResult{revision, false, request.result};
  }

  absl::StatusOr<std::unique_ptr<Watch>> WatchPrefix(std::string_view prefix, Revision after,
                                                     WatchCallback callback) {
    std::lock_guard lock(mutex_);
    if (after < compacted_) {
      return OutOfRange("the log before revision {} is compacted, asked from {}", compacted_,
                        after);
    }
    std::vector<Event> events;
    Revision revision = 0;
    log_get_.Bind(after);
    while (true) {
      ASSIGN_OR_RETURN(bool row, log_get_.Step());
      Revision next = row ? log_get_.Integer(0) : 0;
      if (next != revision && !events.empty()) {
        WatchHub::Deliver(prefix, callback, revision, events);
        events.clear();
      }
      if (!row) break;
      revision = next;
      bool deleted = log_get_.IsNull(2);
      events.push_back({deleted,
                        {std::string(log_get_.Blob(1)), std::string(log_get_.Blob(2)),
                         log_get_.Integer(3), revision}});
    }
    return hub_.Add(prefix, std::move(callback));
  }

  absl::Status Compact(Revision revision) {
    std::lock_guard lock(mutex_);
    if (revision > revision_) {
      return OutOfRange("cannot compact up to {}, the store is at {}", revision, revision_);
    }
    if (revision <= compacted_) return absl::OkStatus();
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
    RETURN_IF_ERROR(TrimLog(revision));
    RETURN_IF_ERROR(transaction.Commit());
    compacted_ = revision;
    return absl::OkStatus();
  }

  absl::Status PutBlobs(std::span<const std::string_view> contents) {
    for (std::string_view content : contents) {
      if (content.size() > limits_.blob_bytes_max) {
        return InvalidArgument("content of {} bytes is over the limit of {}", content.size(),
                               limits_.blob_bytes_max);
      }
    }
    for (size_t i = 0; i < contents.size();) {
      size_t bytes = contents[i].size(), end = i + 1;
      while (end < contents.size() && bytes + contents[end].size() <= kBlobTxnBytes) {
        bytes += contents[end++].size();
      }
      RETURN_IF_ERROR(PutBlobGroup(contents.subspan(i, end - i)));
      i = end;
    }
    return absl::OkStatus();
  }

  absl::Status RenewEpoch() {
    std::lock_guard lock(mutex_);
    uint64_t epoch = NewEpoch();
    RETURN_IF_ERROR(PutMeta("epoch", epoch));
    epoch_ = epoch;
    return absl::OkStatus();
  }

  Revision compacted() {
    std::lock_guard lock(mutex_);
    return compacted_;
  }
  Revision revision() {
    std::lock_guard lock(mutex_);
    return revision_;
  }
  uint64_t epoch() {
    std::lock_guard lock(mutex_);
    return epoch_;
  }

 private:
  absl::Status Load() {
    ASSIGN_OR_RETURN(uint64_t schema, GetMeta("schema"));
    if (schema > kSchema) {
      return FailedPrecondition(
          "the state database has form {}, written by a newer program; this one knows up to {}",
          schema, kSchema);
    }
    if (schema == 0) RETURN_IF_ERROR(PutMeta("schema", kSchema));
    ASSIGN_OR_RETURN(revision_, GetMeta("revision"));
    ASSIGN_OR_RETURN(compacted_, GetMeta("compacted"));
    ASSIGN_OR_RETURN(epoch_, GetMeta("epoch"));
    if (epoch_ == 0) {
      epoch_ = NewEpoch();
      RETURN_IF_ERROR(PutMeta("epoch", epoch_));
    }
    return chunk_trim_.Bind().Run();
  }

  absl::StatusOr<uint64_t> GetMeta(std::string_view name) {
    ASSIGN_OR_RETURN(bool found, meta_get_.Bind(name).Step());
    uint64_t value = found ? meta_get_.Integer(0) : 0;
    meta_get_.Reset();
    return value;
  }

  absl::Status PutMeta(std::string_view name, uint64_t value) {
    return meta_put_.Bind(name, value).Run();
  }

  struct Stamp {
    Revision created = 0, modified = 0;
  };
  absl::StatusOr<Stamp> Find(std::string_view key) {
    ASSIGN_OR_RETURN(bool found, get_.Bind(key).Step());
    Stamp stamp = found ? Stamp{get_.Integer(0), get_.Integer(1)} : Stamp{};
    get_.Reset();
    return stamp;
  }

  absl::Status CheckCompares(const std::vector<Compare>& compares) {
    for (const Compare& compare : compares) {
      ASSIGN_OR_RETURN(Stamp stamp, Find(compare.key));
      if (stamp.modified != compare.modified) {
        return Aborted("key '{}' is at revision {}, expected {}", compare.key, stamp.modified,
                       compare.modified);
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Event>> Apply(const std::vector<Op>& ops, Revision revision) {
    std::vector<Event> events;
    for (const Op& op : ops) {
      ASSIGN_OR_RETURN(Stamp stamp, Find(op.key));
      if (op.kind == Op::Kind::kDelete) {
        if (stamp.modified == 0) continue;
        RETURN_IF_ERROR(delete_.Bind(op.key).Run());
        events.push_back({true, {op.key, {}, stamp.created, revision}});
        continue;
      }
      Revision created = stamp.created != 0 ? stamp.created : revision;
      RETURN_IF_ERROR(put_.Bind(op.key, op.value, created, revision).Run());
      events.push_back({false, {op.key, op.value, created, revision}});
    }
    return events;
  }

  absl::Status WriteLog(Revision revision, const std::vector<Event>& events) {
    for (const Event& event : events) {
      const Record& record = event.record;
      if (event.deleted) {
        RETURN_IF_ERROR(log_put_.Bind(revision, record.key, nullptr, record.created).Run());
      } else {
        RETURN_IF_ERROR(log_put_.Bind(revision, record.key, record.value, record.created).Run());
      }
    }
    RETURN_IF_ERROR(PutMeta("revision", revision));
    if (revision <= limits_.log_revisions) return absl::OkStatus();
    return TrimLog(revision - limits_.log_revisions);
  }

  absl::Status TrimLog(Revision revision) {
    RETURN_IF_ERROR(log_trim_.Bind(revision).Run());
    return PutMeta("compacted", std::max(compacted_, revision));
  }

  absl::Status PutBlobGroup(std::span<const std::string_view> contents) {
    std::vector<std::string> names;
    for (std::string_view content : contents) names.push_back(Sha256(content));
    for (size_t i = 0; i < contents.size(); ++i) {
      // All parts but the last of a big content go first, each on its own, outside the group.
      if (contents[i].size() > kBlobTxnBytes)
        RETURN_IF_ERROR(PutChunksAhead(names[i], contents[i]));
    }
    std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database_));
    for (size_t i = 0; i < contents.size(); ++i) {
      ASSIGN_OR_RETURN(bool known, HasBlob(names[i]));
      if (known) continue;
      bool ahead = contents[i].size() > kBlobTxnBytes;
      if (!ahead) {
        for (uint64_t part = 0; part * kChunkBytes < contents[i].size(); ++part) {
          RETURN_IF_ERROR(PutChunk(names[i], contents[i], part));
        }
      }
      RETURN_IF_ERROR(blob_put_.Bind(names[i], uint64_t{contents[i].size()}).Run());
    }
    return transaction.Commit();
  }

  absl::Status PutChunksAhead(const std::string& name, std::string_view content) {
    for (uint64_t part = 0; part * kChunkBytes < content.size(); ++part) {
      std::lock_guard lock(mutex_);
      ASSIGN_OR_RETURN(bool known, HasBlob(name));
      if (known) return absl::OkStatus();
      RETURN_IF_ERROR(PutChunk(name, content, part));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> HasBlob(std::string_view name) {
    ASSIGN_OR_RETURN(bool known, blob_get_.Bind(name).Step());
    blob_get_.Reset();
    return known;
  }

  absl::Status PutChunk(const std::string& name, std::string_view content, uint64_t part) {
    return chunk_put_.Bind(name, part, content.substr(part * kChunkBytes, kChunkBytes)).Run();
  }

  const StoreLimits limits_;
  const FileLock file_lock_;
  std::mutex mutex_;  // guards everything below
  WatchHub hub_{mutex_};
  SqliteDatabase database_;
  SqliteStatement meta_get_, meta_put_, get_, put_, delete_, log_put_, log_get_, log_trim_;
  SqliteStatement request_get_, request_put_, request_trim_;
  SqliteStatement blob_get_, blob_put_, chunk_put_, chunk_trim_;
  Revision revision_ = 0;
  Revision compacted_ = 0;
  uint64_t epoch_ = 0;
};

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::filesystem::path& folder,
                                                               const StoreLimits& limits) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return FailedPrecondition("cannot create {}: {}", folder.string(), error.message());
  }
  ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(folder / "state.lock"));
  std::filesystem::path path = folder / "state.db";
  ASSIGN_OR_RETURN(SqliteDatabase write_database, SqliteDatabase::Open(path, /*read_only=*/false));
  auto writer = std::make_unique<Writer>(std::move(lock), std::move(write_database), limits);
  RETURN_IF_ERROR(writer->Prepare());
  ASSIGN_OR_RETURN(SqliteDatabase read_database, SqliteDatabase::Open(path, /*read_only=*/true));
  auto reader = std::make_unique<Reader>(std::move(read_database), limits);
  RETURN_IF_ERROR(reader->Prepare());
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(writer), std::move(reader)));
}

SqliteStore::SqliteStore(std::unique_ptr<Writer> writer, std::unique_ptr<Reader> reader)
    : writer_(std::move(writer)), reader_(std::move(reader)) {}
SqliteStore::~SqliteStore() {
  reader_.reset();  // the last connection to close is the writer's, which checkpoints the log
}

absl::StatusOr<RangeResult> SqliteStore::Range(std::string_view prefix) {
  return reader_->Range(prefix);
}
absl::StatusOr<Record> SqliteStore::Get(std::string_view key) {
  return reader_->Get(key);
}
absl::StatusOr<TxnResult> SqliteStore::Txn(const TxnRequest& request) {
  return writer_->Txn(request);
}
absl::StatusOr<std::optional<TxnResult>> SqliteStore::FindRequest(std::string_view request_id) {
  return reader_->FindRequest(request_id);
}
absl::StatusOr<std::unique_ptr<Watch>> SqliteStore::WatchPrefix(std::string_view prefix,
                                                                Revision after,
                                                                WatchCallback callback) {
  return writer_->WatchPrefix(prefix, after, std::move(callback));
}
absl::Status SqliteStore::Compact(Revision revision) {
  return writer_->Compact(revision);
}
Revision SqliteStore::compacted() {
  return writer_->compacted();
}
Revision SqliteStore::revision() {
  return writer_->revision();
}
absl::Status SqliteStore::PutBlobs(std::span<const std::string_view> contents) {
  return writer_->PutBlobs(contents);
}
absl::StatusOr<std::vector<std::string>> SqliteStore::ListBlobs() {
  return reader_->ListBlobs();
}
absl::StatusOr<uint64_t> SqliteStore::BlobSize(std::string_view sha256) {
  return reader_->BlobSize(sha256);
}
absl::StatusOr<std::string> SqliteStore::ReadBlob(std::string_view sha256, uint64_t offset,
                                                  size_t bytes_max) {
  return reader_->ReadBlob(sha256, offset, bytes_max);
}
absl::StatusOr<std::unique_ptr<Leadership>> SqliteStore::Campaign(const CampaignOptions& options) {
  return election_.Campaign(options);
}
uint64_t SqliteStore::epoch() {
  return writer_->epoch();
}
absl::Status SqliteStore::RenewEpoch() {
  return writer_->RenewEpoch();
}

}  // namespace terrella::control
