// Publisher: turns views as they arrive into the snapshot that is answered from.
//
// Building a snapshot takes milliseconds in a large network, so it happens on a thread that answers
// nobody; views that arrive meanwhile replace each other and only the newest is built.
//
// What it publishes is not the view as it was heard but what is believed of it: see
// policy/node_health.h, which time and probes change too.
//
// Thread: the loop's, except Offer: any. Owns: the gate (see policy/view_gate.h), the probes.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/event_loop.h"
#include "dns_router/policy/node_health.h"
#include "dns_router/policy/snapshot.h"
#include "dns_router/policy/view_gate.h"
#include "dns_router/server/snapshot_cell.h"
#include "dns_router/view/prober.h"
#include "dns_router/view/view_cache.h"
#include "dns_router/view/view_zone.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::dns {

struct PublisherOptions {
  SnapshotOptions snapshot;
  // How long a view that is worse than the last may be doubted after a reconnection.
  Duration hold = std::chrono::seconds(3);
  // Sees every snapshot before it is put in use, and returns the one to put in use; may be null.
  std::function<std::shared_ptr<const Snapshot>(std::shared_ptr<const Snapshot>)> before_publish;
  // Sees it when it is in use: for what takes long; may be null.
  std::function<void(const Snapshot&)> after_publish;
  NodeHealthOptions health;
  ProbeOptions probes;
  std::filesystem::path view_cache;  // where the last view is kept; empty: nowhere
};

class Publisher {
 public:
  // `loop`, `cell` and `holders` (which may be null) outlive the publisher, and so does every call
  // of Offer end before it does.
  Publisher(EventLoop& loop, std::shared_ptr<const Geography> geography,
            const PublisherOptions& options, SnapshotCell& cell, HolderBook* holders = nullptr);

  // A view arrived; `first_of_stream` as in topology::ViewClient.
  void Offer(v1::View view, bool first_of_stream);
  // A view that was kept from before: in use at once, and what the gate measures the next one by:
  // a control plane that restarted together with this router knows no nodes at first.
  void Recall(const v1::View& view);
  // Read again: the view in use is published again with them.
  void OfferZone(std::shared_ptr<const ZoneRecords> file, std::shared_ptr<const SigningKeys> keys);
  // Names are steered by these from now on; null: by latency alone. Thread: any.
  void SetPolicies(std::shared_ptr<const std::vector<SteeringPolicy>> policies);
  // How many views were put in use, and when the last one was.
  uint64_t published() const { return published_; }
  WallTime published_at() const { return published_at_; }
  // Puts a view in use at once. InvalidArgument when it cannot be served.
  absl::Status Publish(TopologyView view);

 private:
  struct Arrival {
    v1::View view;
    bool first_of_stream;
  };
  void TakeArrival();
  void PublishDue();
  // Puts in use what is believed now of the view that was heard last; when that is what is in use
  // already, only if the view is `news`.
  void Believe(bool news);
  void Hear(TopologyView view);
  // Gives nodes their places among the holders, and tells who leaves.
  void FollowHolders(TopologyView& view);
  // The view in use once more: something else of the zone has changed.
  void Republish(std::string_view what);

  EventLoop& loop_;
  const std::shared_ptr<const Geography> geography_;  // shared with the snapshots
  PublisherOptions options_;
  SnapshotCell& cell_;
  ViewZone view_zone_;
  ViewGate gate_;
  Timer hold_timer_;
  uint64_t published_ = 0;
  WallTime published_at_{};
  NodeHealth health_;
  Timer health_timer_;
  Prober prober_;
  std::optional<TopologyView> heard_;  // as the gate let it through
  v1::View arrived_;                   // the last one, as it came
  ViewCache cache_;
  HolderBook* const holders_;
  std::map<std::string, HolderSlot, std::less<>> slots_;  // by node, also of those that are gone

  std::mutex mutex_;
  std::optional<Arrival>
      arrival_;  // guarded by mutex_; a task to take it is posted while it is set
};

}  // namespace terrella::dns
