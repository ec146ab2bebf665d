// EtcdKvStore: Workers KV in etcd, for control planes that have no disk in common.
//
// A key of KV is a key of etcd, whose value is a KvHead: metadata, expiry, and the value when it is
// small. Larger ones are parts beside it, named by the write that made them: parts never change, so
// a reader that has a head reads the value that belongs to it, or finds it replaced and begins
// anew.
//
//   parts of the new value --> one transaction: the head is still the one that was seen, and the
//   (under a lease that        fence holds  =>  the new head, the new parts kept for good, the old
//   removes them if the        parts gone
//   writer dies)
//
// What expires hangs on a lease of etcd's, which removes it within an eighth of its life after its
// time; a few leases serve all keys. Until then it is not shown.
//
// A call of many entries is several transactions: each entry is whole or not at all, the call as a
// whole may be broken off between them.
//
// Thread: any; writes of the same key take turns. Owns: nothing; the store outlives it.
// Invariants: one writer, that is one process; the fence sees to it.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "control_plane/kv/kv_head.pb.h"
#include "control_plane/kv/kv_store.h"
#include "control_plane/store/etcd_store.h"

namespace terrella::control {

class EtcdKvStore final : public KvStore {
 public:
  // Without a fence anybody may write who has the right to (a restore, which leads by itself).
  EtcdKvStore(EtcdStore& store, std::optional<Compare> fence, const Clock& clock,
              const KvLimits& limits = {})
      : KvStore(limits), store_(store), fence_(std::move(fence)), clock_(clock) {}

  // All: UNAVAILABLE when etcd does not answer; ABORTED when this process leads no longer;
  // DATA_LOSS when what is there cannot be what was written.
  absl::Status Put(std::string_view ns, const std::vector<KvEntry>& entries) override;
  absl::Status Delete(std::string_view ns, const std::vector<std::string>& keys) override;
  absl::StatusOr<std::vector<KvEntry>> Get(std::string_view ns,
                                           const std::vector<std::string>& keys) override;
  absl::StatusOr<KvPage> List(std::string_view ns, const ListOptions& options) override;
  absl::StatusOr<std::vector<KvNamespaceSize>> Namespaces() override;
  absl::Status DeleteNamespace(std::string_view ns) override;

 private:
  using Head = control_kv::KvHead;
  // What is at a key: no head and revision 0 when nothing is.
  struct Seen {
    std::optional<Head> head;
    Revision modified = 0;
  };
  // An entry on its way. `value` is what is cut into parts when the head has none of it.
  struct Change {
    std::string key;  // etcd's
    Head head;
    std::string_view value;
    int64_t lease = 0;
    bool removes = false;
  };
  static constexpr size_t kStripes = 64;
  using Locks = std::vector<std::unique_lock<std::mutex>>;

  // Of these keys, in an order that all callers share.
  Locks Lock(const std::vector<Change>& changes);
  // Entries of one transaction, from `begin`: the index behind them.
  static size_t GroupEnd(const std::vector<Change>& changes, size_t begin);
  absl::Status Apply(std::vector<Change> changes);
  absl::Status ApplyGroup(std::span<const Change> group);
  absl::Status PutParts(const Change& change, int64_t lease);
  etcd::TxnRequest ToTxn(std::span<const Change> group, const std::vector<Seen>& seen) const;
  absl::StatusOr<std::vector<Seen>> Look(std::span<const std::string> keys);
  // The value that a head stands for; nullopt when its parts are gone.
  absl::StatusOr<std::optional<std::string>> Value(const Head& head);
  absl::StatusOr<std::optional<KvEntry>> Read(std::string_view ns, const std::string& key,
                                              Seen seen);
  // Heads from `begin` to before `end`, as many as one call brings.
  absl::StatusOr<etcd::RangeResponse> Page(const std::string& begin, const std::string& end,
                                           size_t limit);
  // The lease that removes what expires then; 0 when it is too far away for etcd.
  absl::StatusOr<int64_t> LeaseUntil(int64_t expires_unix_s);
  void ForgetLeases();
  bool IsShown(const Head& head) const;

  EtcdStore& store_;
  const std::optional<Compare> fence_;
  const Clock& clock_;
  std::array<std::mutex, kStripes> stripes_;
  std::mutex leases_mutex_;
  std::set<int64_t> leases_;  // known to exist; guarded by leases_mutex_
};

}  // namespace terrella::control
