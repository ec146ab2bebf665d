// Publisher: turns views as they arrive into the snapshot that is answered from.
//
// Building a snapshot takes milliseconds in a large network, so it happens on a thread that answers
// nobody; views that arrive meanwhile replace each other and only the newest is built.
//
// Thread: the loop's, except Offer: any. Owns: the gate (see policy/view_gate.h).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/event_loop.h"
#include "dns_router/policy/snapshot.h"
#include "dns_router/policy/view_gate.h"
#include "dns_router/server/snapshot_cell.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

struct PublisherOptions {
  SnapshotOptions snapshot;
  // How long a view that is worse than the last may be doubted after a reconnection.
  Duration hold = std::chrono::seconds(3);
};

class Publisher {
 public:
  // `loop` and `cell` outlive the publisher, and so does every call of Offer end before it does.
  Publisher(EventLoop& loop, std::shared_ptr<const Geography> geography,
            const PublisherOptions& options, SnapshotCell& cell);

  // A view arrived; `first_of_stream` as in topology::ViewClient.
  void Offer(v1::View view, bool first_of_stream);
  // Puts a view in use at once. InvalidArgument when it cannot be served.
  absl::Status Publish(TopologyView view);

 private:
  struct Arrival {
    v1::View view;
    bool first_of_stream;
  };
  void TakeArrival();
  void PublishDue();

  EventLoop& loop_;
  const std::shared_ptr<const Geography> geography_;  // shared with the snapshots
  const PublisherOptions options_;
  SnapshotCell& cell_;
  ViewGate gate_;
  Timer hold_timer_;

  std::mutex mutex_;
  std::optional<Arrival>
      arrival_;  // guarded by mutex_; a task to take it is posted while it is set
};

}  // namespace terrella::dns
