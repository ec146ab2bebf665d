// NodeRegistry: which edge nodes there are and whether clients may be sent to them.
//
//               Connect                Acknowledge(>= floor)
//   (unknown) ----------> SYNCING ------------------------------> READY
//       DOWN  ---------->    |                                    |  ^
//         ^                  |                     drain asked or |  | taken back
//         |   Disconnect     |                     announced      v  |
//         +------------------+<------------------------------- DRAINING
//
// A state is not stored but follows from facts of a node: connected, caught up, asked to drain,
// says it drains, cordoned (DRAINING for everybody but itself). "Caught up" means it has
// acknowledged the revision that was current when it connected: later pushes do not take it out
// again. A connected node whose heartbeats stop for longer than its lease is reported by Expired;
// the caller breaks its stream.
//
// Thread: one. Pure: time comes from the clock it is given.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "control_plane/registry/load_level.h"
#include "terrella/v1/node_sync.pb.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::control {

struct NodeEntry {
  v1::NodeInfo info;
  bool connected = false;
  bool caught_up = false;
  bool drain_asked = false;
  bool cordoned = false;
  bool quiet = false;  // its last heartbeat had no request, answered or in flight
  bool drain_announced = false;
  bool awaited = false;  // known from before a restart and not seen since
  uint64_t floor = 0;    // revision to acknowledge before READY
  uint64_t acked = 0;    // last revision reported on
  MonotonicTime lease_until{};
  WallTime last_heartbeat{};
  uint64_t requests = 0;  // sums over heartbeats since it registered
  uint64_t errors = 0;
  uint64_t rss_bytes = 0;
  uint32_t isolates = 0;
  uint32_t in_flight = 0;
  LoadLevel measured;
  double load = 0;  // as views show it

  v1::NodeState state() const;
  // It drains because it was asked to, and nothing comes or is left.
  bool drained() const { return connected && drain_asked && drain_announced && quiet; }
};

struct RegistryOptions {
  Duration lease = std::chrono::seconds(3);
  size_t nodes_max = 10'000;
  Duration loads_every = std::chrono::seconds(1);  // how often views may change for loads alone
};

// InvalidArgument says which part of what a node says of itself cannot be.
absl::Status CheckNodeInfo(const v1::NodeInfo& info);

class NodeRegistry {
 public:
  NodeRegistry(const Clock& clock, const RegistryOptions& options);

  // A node that was known before a restart: DOWN and awaited until it connects.
  void Remember(const v1::NodeInfo& info);
  // The node's stream is open; it holds `applied` and becomes READY at `floor`. InvalidArgument
  // when what it says of itself cannot be; ResourceExhausted beyond nodes_max.
  absl::Status Connect(const v1::NodeInfo& info, uint64_t applied, uint64_t floor);
  void Acknowledge(std::string_view id, uint64_t revision);
  void Heartbeat(std::string_view id, const v1::Heartbeat& heartbeat);
  void Disconnect(std::string_view id);
  // Also for a node that is not known yet: it holds when the node registers.
  void SetDrain(std::string_view id, bool drain);
  void SetCordon(std::string_view id, bool cordon);
  // As if it had never been; it may connect again.
  void Forget(std::string_view id);

  // Connected nodes whose lease is over, by id.
  std::vector<std::string> Expired() const;
  // When the first lease ends; nothing when no node is connected.
  std::optional<MonotonicTime> NextExpiry() const;
  // Whether some node known from before a restart has not come back and caught up yet.
  bool AwaitsReturn() const;

  const NodeEntry* Find(std::string_view id) const;
  // By id; without entries that only hold a drain wish.
  std::vector<const NodeEntry*> Nodes() const;
  // Grows whenever some node's info or state changed: what a view shows.
  uint64_t changes() const { return changes_; }

 private:
  NodeEntry* FindMutable(std::string_view id);
  // An entry to hold a wish about a node that may not be known yet; null beyond nodes_max.
  NodeEntry* EntryForWish(std::string_view id, bool wish);
  // Shows all loads that have changed, in one change.
  void ShowLoads();
  // Both count a change of what the view shows of a node.
  void SetInfo(NodeEntry& entry, const v1::NodeInfo& info);
  template <class Edit>
  void Update(NodeEntry& entry, Edit edit);

  const Clock& clock_;
  const RegistryOptions options_;
  std::map<std::string, NodeEntry, std::less<>> nodes_;
  uint64_t changes_ = 0;
  MonotonicTime loads_shown_{};
};

}  // namespace terrella::control
