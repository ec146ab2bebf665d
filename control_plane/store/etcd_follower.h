// EtcdFollower: hears every transaction of the store, whoever made it, and hands it to the watches.
//
// One thread reads one watch of etcd's over everything under log/. When the stream breaks it begins
// another after the last revision it has seen, at the next member. When etcd has compacted what it
// missed, watches are told that they have a gap (see WatchCallback). A watch that starts in the
// past reads that part of the log by a stream of its own.
//
// Thread: any, for every method; callbacks come on the follower's thread, or on the caller's of Add
//         for the past.
// Invariants: (1) the callbacks have had every transaction up to delivered_, and none beyond it;
//         (2) head_ <= delivered_ is the revision of the newest change among them.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "control_plane/store/etcd_client.h"
#include "control_plane/store/etcd_keys.h"
#include "control_plane/store/watch_hub.h"

namespace terrella::control {

class EtcdFollower {
 public:
  EtcdFollower(EtcdClient& client, const EtcdKeys& keys) : client_(client), keys_(keys) {}
  ~EtcdFollower();

  // Reads where the log is and follows it from there. The epoch must be written.
  absl::Status Start();

  // See StateStore::WatchPrefix.
  absl::StatusOr<std::unique_ptr<Watch>> Add(std::string_view prefix, Revision after,
                                             WatchCallback callback);
  // Waits until the watches have seen `revision`, which exists. A follower that does not get there
  // is at a member that lags: it is sent to another one, and the wait ends.
  void Await(Revision revision, Duration patience);

  // Of the newest transaction that is known here.
  Revision revision();
  // As far as is known here.
  Revision compacted();
  void SetCompacted(Revision revision);
  uint64_t epoch();
  void SetEpoch(uint64_t epoch);

 private:
  struct Position {
    Revision now = 0;   // of etcd
    Revision head = 0;  // of the store
    uint64_t epoch = 0;
  };
  absl::StatusOr<Position> ReadPosition();
  absl::StatusOr<Revision> ReadCompacted();
  etcd::WatchCreateRequest LogAfter(Revision revision) const;
  void Run();
  // Until the stream ends.
  void Follow();
  void Deliver(const etcd::WatchResponse& response);
  void SkipGap(Revision compacted);
  // With the lock held: everything after `after` up to head_.
  absl::Status Replay(std::string_view prefix, Revision after, const WatchCallback& callback);
  // The map's changes among those from `begin` on that are of one revision; `begin` moves behind
  // them.
  std::vector<Event> NextRevision(const etcd::WatchResponse& response, int& begin,
                                  bool& is_transaction, uint64_t* epoch) const;

  EtcdClient& client_;
  const EtcdKeys keys_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  WatchHub hub_{mutex_};
  Revision delivered_ = 0;
  Revision head_ = 0;
  Revision compacted_ = 0;
  uint64_t epoch_ = 0;
  bool stopping_ = false;
  std::shared_ptr<EtcdClient::WatchStream> stream_;  // the one that is read; shared for Break
  std::thread thread_;
};

}  // namespace terrella::control
