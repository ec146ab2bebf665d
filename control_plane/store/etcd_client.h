// EtcdClient: calls to an etcd cluster through whichever of its members answers.
//
// One connection a member, one of them in use. A call that gets no answer, or finds a member
// without a leader (the small side of a partition), goes to the next member until its patience
// ends; so a call may happen twice, and callers make their transactions such that this does no
// harm. Members that have no leader are asked to say so at once instead of waiting for one.
//
// Thread: any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/store/etcd_address.h"
#include "etcd/etcd.pb.h"

namespace terrella::control {

namespace etcd = ::etcdserverpb;

struct EtcdTimeouts {
  Duration attempt = std::chrono::seconds(1);   // one call to one member
  Duration patience = std::chrono::seconds(4);  // one call to all of them, again and again
};

class EtcdClient {
 public:
  // Does not wait for a connection.
  explicit EtcdClient(EtcdAddress address, const EtcdTimeouts& timeouts = {});
  ~EtcdClient();

  // Unavailable, with the members and the last trouble, when none answered in time;
  // ResourceExhausted when etcd is full (its NOSPACE alarm); InvalidArgument beyond its limits;
  // OutOfRange when the revision is compacted.
  absl::StatusOr<etcd::RangeResponse> Range(const etcd::RangeRequest& request);
  absl::StatusOr<etcd::TxnResponse> Txn(const etcd::TxnRequest& request);
  absl::Status DeleteRange(const etcd::DeleteRangeRequest& request);
  absl::Status Compact(const etcd::CompactionRequest& request);
  absl::StatusOr<etcd::LeaseGrantResponse> GrantLease(const etcd::LeaseGrantRequest& request);
  absl::Status RevokeLease(const etcd::LeaseRevokeRequest& request);
  // Seconds the lease has from now; 0 when it is gone. Waits at most so long for an answer.
  absl::StatusOr<int64_t> KeepAlive(int64_t lease, Duration patience);

  // One watch at the member in use, read until it ends. A stream that ended while it was read moves
  // the client on to the next member.
  //
  // Thread: one reads and finishes; Break may come from any.
  class WatchStream {
   public:
    ~WatchStream();
    // False when the stream is over: see Finish.
    bool Read(etcd::WatchResponse& response);
    absl::Status Finish();
    // Makes a Read that waits, and those to come, return false.
    void Break();

   private:
    friend class EtcdClient;
    struct Call;
    WatchStream(EtcdClient& client, size_t member);
    EtcdClient& client_;
    const size_t member_;
    std::unique_ptr<Call> call_;
    bool broken_ = false;  // a Read failed
  };
  std::unique_ptr<WatchStream> Watch(const etcd::WatchCreateRequest& request);

  // Members, for messages: "a:1, b:2".
  std::string Members() const;

 private:
  struct Member;
  template <class Call>
  absl::Status Attempt(Duration patience, Call call);
  void Leave(size_t member);

  const EtcdAddress address_;
  const EtcdTimeouts timeouts_;
  std::vector<std::unique_ptr<Member>> members_;
  std::atomic<size_t> current_ = 0;
};

}  // namespace terrella::control
