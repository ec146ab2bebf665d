// SqliteStore: the StateStore of a single control plane, in one SQLite file.
//
// Write-ahead log with synchronous=FULL: an answered transaction is on the disk. One process at a
// time, held by a lock file beside the database. Contents are rows of at most 512 KiB, so that a
// big upload never holds the writer for long.
//
// Thread: any. Writers take one lock, readers another; a reader sees the last committed
// transaction.
#pragma once

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "control_plane/store/local_election.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

class SqliteStore final : public StateStore {
 public:
  // Creates the folder and the database `state.db` in it when they are missing. FailedPrecondition
  // when another process has it or it is of a newer form; DataLoss when the file is not a database.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::filesystem::path& folder,
                                                           const StoreLimits& limits = {});
  ~SqliteStore() override;

  absl::StatusOr<RangeResult> Range(std::string_view prefix) override;
  absl::StatusOr<Record> Get(std::string_view key) override;
  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override;
  absl::StatusOr<std::optional<TxnResult>> FindRequest(std::string_view request_id) override;
  absl::StatusOr<std::unique_ptr<Watch>> WatchPrefix(std::string_view prefix, Revision after,
                                                     WatchCallback callback) override;
  absl::Status Compact(Revision revision) override;
  Revision compacted() override;
  Revision revision() override;
  absl::Status PutBlobs(std::span<const std::string_view> contents) override;
  absl::StatusOr<std::vector<std::string>> ListBlobs() override;
  absl::StatusOr<uint64_t> BlobSize(std::string_view sha256) override;
  absl::StatusOr<std::string> ReadBlob(std::string_view sha256, uint64_t offset,
                                       size_t bytes_max) override;
  absl::StatusOr<std::unique_ptr<Leadership>> Campaign(const CampaignOptions& options) override;
  uint64_t epoch() override;
  absl::Status RenewEpoch() override;

 private:
  class Writer;  // the connection that writes, its statements, the revision and the watches
  class Reader;  // a read-only connection and its statements

  SqliteStore(std::unique_ptr<Writer> writer, std::unique_ptr<Reader> reader);

  LocalElection election_{*this};
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace terrella::control
