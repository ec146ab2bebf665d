// MemoryStore: a StateStore that forgets everything with the process; for tests and as the plainest
// statement of what a store does.
//
// Thread: any; one mutex.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "control_plane/store/local_election.h"
#include "control_plane/store/state_store.h"
#include "control_plane/store/watch_hub.h"

namespace terrella::control {

class MemoryStore final : public StateStore {
 public:
  explicit MemoryStore(const StoreLimits& limits = {});

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
  std::vector<Event> Apply(const std::vector<Op>& ops, Revision revision);
  void CompactLocked(Revision revision);

  const StoreLimits limits_;
  LocalElection election_{*this};
  std::mutex mutex_;  // guards everything below
  WatchHub hub_{mutex_};
  std::map<std::string, Record, std::less<>> records_;
  std::map<Revision, std::vector<Event>> log_;
  std::map<std::string, TxnResult, std::less<>> requests_;
  std::map<std::string, std::string, std::less<>> blobs_;
  Revision revision_ = 0;
  Revision compacted_ = 0;
  uint64_t epoch_;
};

}  // namespace terrella::control
