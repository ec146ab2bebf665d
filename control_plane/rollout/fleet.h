// Fleet: the nodes whose streams are open, what each was sent and what each said to it.
//
// For every node there is one wish (be at the table's revision), at most one push in flight, and a
// few waiting trials. A new revision never queues anything: when the node reports, the difference
// to now is computed again. So a node that stands still costs a fixed amount however much is
// deployed, and a node that comes back gets one push.
//
// Thread: one.
// Owns: the links; a link is closed at most once.
// Invariants: (1) at most one push a session is unreported; (2) at most one session a node: a newer
// one
//         replaces the older; (3) nonces of a session grow.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control_plane/registry/node_registry.h"
#include "control_plane/rollout/push_builder.h"
#include "control_plane/rollout/resource_table.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/deployments.pb.h"
#include "terrella/v1/node_sync.pb.h"

namespace terrella::control {

using SessionId = uint64_t;
using TrialId = uint64_t;

// The way to one node, implemented by the transport. Calls never call back into the fleet.
class NodeLink {
 public:
  virtual ~NodeLink() = default;
  // Sends one push: `head` and `body->bytes` are read as one v1::Push.
  virtual void Send(std::string head, std::shared_ptr<const PushBody> body) = 0;
  virtual void Close(const absl::Status& why) = 0;
};

struct TrialOutcome {
  enum class Kind {
    kAccepted,
    kRejected,  // the node's verdict is in `rejected`
    kNotTried,  // the node went away before the trial reached it
    kLost,      // the node went away while it tried
  };
  Kind kind = Kind::kNotTried;
  v1::Rejected rejected;
};

// A resource that a node refused and that is still current.
struct Rejection {
  std::string resource;
  Revision revision = 0;  // of the resource
  v1::Rejected::Code code = v1::Rejected::INTERNAL;
  std::string detail;
};

struct FleetLimits {
  size_t trials_waiting_max = 16;  // a node
  size_t rejection_detail_bytes_max = 4096;
  size_t rejections_max = 100;  // standing, a node
};

class Fleet {
 public:
  using TrialCallback = std::function<void(const TrialOutcome&)>;

  // `on_change` is called after anything that a view or a convergence shows may have changed.
  Fleet(NodeRegistry& registry, const ResourceTable& table, StateStore& store,
        std::function<void()> on_change, const FleetLimits& limits = {});

  // A node said hello. The first push follows at once, whatever the node holds. InvalidArgument
  // without a key that secrets can be sealed to.
  absl::StatusOr<SessionId> Connect(const v1::Hello& hello, std::shared_ptr<NodeLink> link);
  // InvalidArgument when the report answers no push; the caller ends the stream with it.
  absl::Status OnReport(SessionId session, const v1::Report& report);
  void OnHeartbeat(SessionId session, const v1::Heartbeat& heartbeat);
  // Called with every heartbeat of a node and the revision that it had acknowledged before.
  using HeartbeatObserver =
      std::function<void(const std::string& node, Revision acked, const v1::Heartbeat&)>;
  void set_on_heartbeat(HeartbeatObserver observer) { on_heartbeat_ = std::move(observer); }
  // Called when a node has reported on a push of changes: it held `from`, now it holds `to`. The
  // first push of a stream, which brings a node what it missed, is none.
  using AckObserver = std::function<void(const std::string& node, Revision from, Revision to)>;
  void set_on_acked(AckObserver observer) { on_acked_ = std::move(observer); }
  // The stream is over, for whatever reason.
  void OnDisconnect(SessionId session);

  // The table or a drain wish changed: pushes to every node that has nothing in flight.
  void PushAll();
  // Closes the streams of nodes whose lease is over.
  void ExpireLeases();
  // Ends the node's stream, when it has one; true when it had.
  bool Evict(std::string_view node, const absl::Status& why);
  void CloseAll(const absl::Status& why);

  // The connected READY node of the lowest id that is not in `except`; empty when there is none.
  std::string TrialNode(const std::set<std::string>& except) const;
  // Lets the node try a version; the callback comes once, never from within this call.
  // Unavailable when the node is not connected or has too many trials waiting.
  absl::StatusOr<TrialId> StartTrial(std::string_view node, std::shared_ptr<const PushBody> body,
                                     TrialCallback callback);
  // The callback will not come.
  void CancelTrial(std::string_view node, TrialId trial);

  // How far the connected nodes are with a revision; without elapsed_us.
  v1::Convergence Measure(Revision revision) const;
  // The lowest revision that every connected node has reported on; the table's when none is
  // connected.
  Revision LowestAcked() const;
  std::vector<Rejection> RejectionsOf(std::string_view node) const;
  // The revision that the node's stream has reported on; nothing when it is not connected.
  std::optional<Revision> AckedBy(std::string_view node) const;
  size_t connected() const { return sessions_.size(); }
  PushBuilder& builder() { return builder_; }

 private:
  struct Trial {
    TrialId id = 0;
    std::shared_ptr<const PushBody> body;
    TrialCallback callback;  // empty when cancelled
  };
  struct InFlight {
    uint64_t nonce = 0;
    Revision revision = 0;
    std::shared_ptr<const PushBody> body;
    std::optional<Trial> trial;
  };
  struct Session {
    SessionId id = 0;
    std::string node;
    std::shared_ptr<NodeLink> link;
    std::string sealing_key;
    Revision acked = 0;
    bool greeted = false;     // the first push was sent
    bool start_over = false;  // the next push is full
    bool drain_sent = false;
    uint64_t last_nonce = 0;
    std::optional<InFlight> in_flight;
    std::deque<Trial> trials;
    std::map<std::string, Rejection> rejections;  // by resource
  };

  absl::Status CheckHistory(const v1::Hello& hello);
  void Pump(Session& session);
  void SendPush(Session& session, bool drain);
  // What opens the secrets of its push, for that node alone.
  void SealSecretsKey(const Session& session, v1::Push& head) const;
  void SendTrial(Session& session);
  void Settle(Session& session, const InFlight& push, const v1::Report& report);
  TrialOutcome OutcomeOf(const v1::Report& report) const;
  void Drop(SessionId id, const absl::Status* close_with);
  Session* FindNode(std::string_view node);
  const Session* FindNode(std::string_view node) const;

  NodeRegistry& registry_;
  const ResourceTable& table_;
  StateStore& store_;
  const FleetLimits limits_;
  std::function<void()> on_change_;
  HeartbeatObserver on_heartbeat_;
  AckObserver on_acked_;
  PushBuilder builder_;
  std::map<SessionId, Session> sessions_;
  std::map<std::string, SessionId, std::less<>> by_node_;
  SessionId last_session_ = 0;
  TrialId last_trial_ = 0;
};

}  // namespace terrella::control
