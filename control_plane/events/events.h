// Events: the control plane's side of everything nodes do besides serving: it knows which nodes
// attend, lets triggers run on them and tails see them, and adds up what they did.
//
// Thread: one, its loop's.
// Owns: the links of attending nodes; a link is closed at most once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "control_plane/cron/cron_keeper.h"
#include "control_plane/events/log_history.h"
#include "control_plane/events/stats_keeper.h"
#include "control_plane/events/stats_log.h"
#include "control_plane/events/tail_hub.h"
#include "control_plane/registry/node_registry.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/node_events.pb.h"
#include "terrella/v1/resources.pb.h"

namespace terrella::control {

using AttendanceId = uint64_t;

// The way to one node, implemented by the transport. Calls never call back.
class AttendLink {
 public:
  virtual ~AttendLink() = default;
  virtual void Send(const v1::NodeOrder& order) = 0;
  virtual void Close(const absl::Status& why) = 0;
};

struct EventsOptions {
  std::string cluster;
  CronLimits crons;
  TailLimits tails;
  std::filesystem::path stats_folder;  // where minutes are kept; empty: nowhere
  std::filesystem::path logs_file;     // where events are kept; empty: nowhere
};

class Events final : private FireDispatcher {
 public:
  Events(EventLoop& loop, const Clock& clock, StateStore& store, const NodeRegistry& registry,
         EventsOptions options);

  // Reads the triggers' rows.
  absl::Status Load();
  // As CronKeeper's, with what follows of it.
  void SetScript(const std::string& script, const std::vector<std::string>& crons);
  // What of the script's requests is kept: the versions that answer now and ask for it.
  void SetLogs(const std::string& script, const std::vector<const v1::Version*>& versions);
  // One of several control planes runs triggers.
  void SetLeading(bool leading);

  // FailedPrecondition when the node belongs to another cluster. A newer attendance of a node
  // replaces the older.
  absl::StatusOr<AttendanceId> Connect(const v1::Attendance& attendance,
                                       std::shared_ptr<AttendLink> link);
  void OnEvent(AttendanceId id, const v1::NodeEvent& event);
  void OnDisconnect(AttendanceId id);
  void OnHeartbeat(const std::string& node, const v1::Heartbeat& heartbeat);
  void CloseAll(const absl::Status& why);
  size_t attending() const { return by_node_.size(); }

  const CronKeeper& crons() const { return crons_; }
  TailHub& tails() { return tails_; }
  // See tail.proto; `done` follows on the loop.
  void QueryLogs(v1::TailHistoryRequest request, LogHistory::Done done);
  const StatsKeeper& stats() const { return stats_; }

 private:
  struct Attendant {
    std::string node;
    std::shared_ptr<AttendLink> link;
  };

  std::vector<std::string> Nodes() const override;
  void Send(const std::string& node, const v1::Fire& fire) override;
  void SendTails();
  void Tick();
  void Arm();
  void Drop(AttendanceId id);

  const Clock& clock_;
  const NodeRegistry& registry_;
  const EventsOptions options_;
  CronKeeper crons_;
  LogHistory logs_;
  TailHub tails_;
  StatsLog stats_log_;
  StatsKeeper stats_;
  std::map<AttendanceId, Attendant> attendants_;
  std::map<std::string, AttendanceId, std::less<>> by_node_;
  AttendanceId last_id_ = 0;
  Timer tick_;
  Timer tails_refresh_;
};

}  // namespace terrella::control
