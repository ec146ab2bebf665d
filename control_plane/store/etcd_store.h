// EtcdStore: the StateStore of several control planes, in an etcd cluster.
//
// Every method is a call to etcd (see EtcdClient for how members are chosen), except those that say
// what this process knows, which EtcdFollower hears from a watch. A transaction is one of etcd's:
// it compares, and writes the map's keys, the request's answer and the head together. One without a
// request id gets one of its own, so that a call repeated after a lost answer is applied once. The
// log is etcd's history of keys; compacting compacts the whole etcd, which should have no other
// user that minds.
//
// Thread: any.
#pragma once

#include <atomic>
#include <memory>

#include "control_plane/store/etcd_blobs.h"
#include "control_plane/store/etcd_client.h"
#include "control_plane/store/etcd_follower.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

class EtcdStore final : public StateStore {
 public:
  // Writes the epoch when the prefix is new. Unavailable when no member answers.
  static absl::StatusOr<std::unique_ptr<EtcdStore>> Open(const EtcdAddress& address,
                                                         const StoreLimits& limits = {},
                                                         const EtcdTimeouts& timeouts = {});

  absl::StatusOr<RangeResult> Range(std::string_view prefix) override;
  absl::StatusOr<Record> Get(std::string_view key) override;
  absl::StatusOr<TxnResult> Txn(const TxnRequest& request) override;
  absl::StatusOr<std::optional<TxnResult>> FindRequest(std::string_view request_id) override;
  absl::StatusOr<std::unique_ptr<Watch>> WatchPrefix(std::string_view prefix, Revision after,
                                                     WatchCallback callback) override;
  absl::Status Compact(Revision revision) override;
  Revision compacted() override { return follower_.compacted(); }
  Revision revision() override { return follower_.revision(); }
  absl::Status PutBlobs(std::span<const std::string_view> contents) override;
  absl::StatusOr<std::vector<std::string>> ListBlobs() override;
  absl::StatusOr<uint64_t> BlobSize(std::string_view sha256) override;
  absl::StatusOr<std::string> ReadBlob(std::string_view sha256, uint64_t offset,
                                       size_t bytes_max) override;
  absl::StatusOr<std::unique_ptr<Leadership>> Campaign(const CampaignOptions& options) override;
  uint64_t epoch() override { return follower_.epoch(); }
  absl::Status RenewEpoch() override;

  // For what lies beside the map (EtcdKvStore): it writes by itself, and says at which revision, so
  // that its history is forgotten, too.
  EtcdClient& client() { return client_; }
  const EtcdKeys& keys() const { return keys_; }
  void WroteBeside(Revision now) { Trim(now); }

 private:
  EtcdStore(const EtcdAddress& address, const StoreLimits& limits, const EtcdTimeouts& timeouts);
  absl::Status CreateEpoch();
  etcd::TxnRequest ToEtcd(const TxnRequest& request, const std::string& request_key) const;
  absl::StatusOr<TxnResult> Refused(const TxnRequest& request, etcd::TxnResponse& response) const;
  // Forgets what is older than the limits, when that is a tenth of them.
  void Trim(Revision now);
  absl::Status TrimRequests(Revision before);

  const StoreLimits limits_;
  const EtcdKeys keys_;
  EtcdClient client_;
  EtcdBlobs blobs_;
  std::atomic<Revision> requests_trimmed_ = 0;
  EtcdFollower follower_;  // last: its thread is gone before what it uses
};

}  // namespace terrella::control
