// ForwardingStore: a StateStore that passes every call on to another one: what a store that adds
// one thing to another (a fence, an audit row) derives from, to override only that.
//
// Thread: any, for every method. Owns: nothing; the store outlives it.
#pragma once

#include <utility>

#include "control_plane/store/state_store.h"

namespace terrella::control {

class ForwardingStore : public StateStore {
 public:
  explicit ForwardingStore(StateStore& store) : store_(store) {}

  absl::StatusOr<RangeResult> Range(std::string_view prefix) override {
    return store_.Range(prefix);
  }
  absl::StatusOr<Record> Get(std::string_view key) override { return store_.Get(key); }
  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override { return store_.Txn(request); }
  absl::StatusOr<std::optional<TxnResult>> FindRequest(std::string_view request_id) override {
    return store_.FindRequest(request_id);
  }
  absl::StatusOr<std::unique_ptr<Watch>> WatchPrefix(std::string_view prefix, Revision after,
                                                     WatchCallback callback) override {
    return store_.WatchPrefix(prefix, after, std::move(callback));
  }
  absl::Status Compact(Revision revision) override { return store_.Compact(revision); }
  Revision compacted() override { return store_.compacted(); }
  Revision revision() override { return store_.revision(); }
  absl::Status PutBlobs(std::span<const std::string_view> contents) override {
    return store_.PutBlobs(contents);
  }
  absl::StatusOr<std::vector<std::string>> ListBlobs() override { return store_.ListBlobs(); }
  absl::StatusOr<uint64_t> BlobSize(std::string_view sha256) override {
    return store_.BlobSize(sha256);
  }
  absl::StatusOr<std::string> ReadBlob(std::string_view sha256, uint64_t offset,
                                       size_t bytes_max) override {
    return store_.ReadBlob(sha256, offset, bytes_max);
  }
  absl::StatusOr<std::unique_ptr<Leadership>> Campaign(const CampaignOptions& options) override {
    return store_.Campaign(options);
  }
  uint64_t epoch() override { return store_.epoch(); }
  absl::Status RenewEpoch() override { return store_.RenewEpoch(); }

 private:
  StateStore& store_;
};

}  // namespace terrella::control
