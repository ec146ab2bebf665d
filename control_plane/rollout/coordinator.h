// Coordinator: the one place where the control plane decides. It joins store, registry, fleet,
// deployer and convergence, and speaks to transports only through interfaces.
//
// Thread: one, its event loop's; transports reach it with Post.
// Owns: everything but the loop and the store, which outlive it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "control_plane/dns/policy_keeper.h"
#include "control_plane/dns/record_keeper.h"
#include "control_plane/events/events.h"
#include "control_plane/registry/node_registry.h"
#include "control_plane/rollout/catalog.h"
#include "control_plane/rollout/convergence.h"
#include "control_plane/rollout/deployer.h"
#include "control_plane/rollout/fleet.h"
#include "control_plane/rollout/purger.h"
#include "control_plane/rollout/resource_table.h"
#include "control_plane/rollout/rollout_keeper.h"
#include "control_plane/rollout/secret_keeper.h"
#include "control_plane/store/state_store.h"
#include "control_plane/wan/wan.h"
#include "terrella/v1/admin.pb.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::control {

struct CoordinatorOptions {
  std::string cluster = "default";
  std::string zone = "edge.test";
  std::string build;                            // version of the program
  std::shared_ptr<const MasterKey> master_key;  // null: there can be no secrets
  Duration lease = std::chrono::seconds(3);
  bool alone = true;  // no other control plane takes over when this one stops
  Duration trial_timeout = std::chrono::seconds(10);
  CronLimits crons;
  std::filesystem::path stats_folder;  // empty: statistics are not kept
  Wan* wan = nullptr;  // how far its nodes are; null: no farther than this machine makes them
  std::filesystem::path logs_file;  // empty: no events are kept
};

class Coordinator {
 public:
  using ViewCallback = std::function<void(std::shared_ptr<const v1::View>)>;
  using WatcherId = uint64_t;

  // Reads the state; errors are the store's.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Create(EventLoop& loop, StateStore& store,
                                                             const CoordinatorOptions& options);
  ~Coordinator();

  // Runs the task on the loop, for the call that posts it (CallScope).
  void Post(std::function<void()> task);
  EventLoop& loop() { return loop_; }
  StateStore& store() { return store_; }
  const CoordinatorOptions& options() const { return options_; }
  Deployer& deployer() { return deployer_; }
  RolloutKeeper& rollouts() { return rollouts_; }
  Purger& purger() { return purger_; }
  SecretKeeper& secrets() { return secrets_; }
  RecordKeeper& dns_records() { return dns_records_; }
  PolicyKeeper& dns_policies() { return dns_policies_; }
  Events& events() { return events_; }
  Catalog& catalog() { return catalog_; }
  const ResourceTable& table() const { return table_; }
  Fleet& fleet() { return fleet_; }
  const NodeRegistry& registry() const { return registry_; }

  // How far a node is; only with a wan.
  WanWay WayTo(const v1::NodeInfo& node) const;

  // A node's hello: FailedPrecondition when it belongs to another cluster; else as Fleet::Connect.
  absl::StatusOr<SessionId> Connect(const v1::Hello& hello, std::shared_ptr<NodeLink> link);

  // The callback gets the view as soon as there is one, then every newer one; some may be skipped.
  WatcherId WatchView(ViewCallback callback);
  void StopWatchingView(WatcherId id) { view_watchers_.erase(id); }

  // OutOfRange when the revision does not exist yet; 0 means the current one.
  absl::StatusOr<Convergence::FollowerId> Follow(Revision revision, Convergence::Callback callback);
  void Unfollow(Convergence::FollowerId id) { convergence_.Unfollow(id); }

  absl::StatusOr<v1::UploadResponse> AddVersion(const v1::Version& version);
  absl::StatusOr<v1::Node> DrainNode(const std::string& node, bool drain);
  absl::StatusOr<v1::Node> CordonNode(const std::string& node, bool cordon);
  absl::StatusOr<v1::Node> EvictNode(const std::string& node);
  v1::GetStatusResponse Status() const;

  // Ends every stream and running deploy. Who stops alone expects nobody back.
  void Shutdown();

 private:
  Coordinator(EventLoop& loop, StateStore& store, const CoordinatorOptions& options);
  absl::Status Load();
  // Fills the table, and follows the store from there.
  absl::Status WatchResources();
  void OnCommitted(Revision revision);
  // Takes over what the store's watch has delivered, and pushes it.
  void DrainInbox();
  // Tells triggers and kept tails what is deployed of some scripts.
  void SyncTriggers(const std::set<std::string>& scripts);
  absl::Status LoadTriggers();
  // NotFound for a node that never registered.
  absl::StatusOr<v1::Node> NodeNow(const std::string& node) const;
  // After a gap in the watch: reads all resources again, until it succeeds.
  void ReloadTable();
  void RememberNode(const v1::NodeInfo& info);
  // Something that views or convergences show has changed: they are told soon, of many changes at
  // once.
  void Touch();
  // And it was a record or a policy of the zone.
  void TouchZone();
  void Refresh();
  void RefreshView();
  void ArmLeaseTimer();
  v1::View MakeView() const;
  // Inside the zone, that routes mention.
  std::set<std::string> Hostnames() const;
  // Those at a name or below it.
  std::vector<std::string> RoutesAt(const std::string& name) const;
  std::set<std::string> NodeIds() const;
  // How long its last push took, and how far it is.
  void AddDistance(v1::NodeStatus& node) const;

  EventLoop& loop_;
  StateStore& store_;
  const CoordinatorOptions options_;
  SystemClock clock_;
  const WallTime started_;
  ResourceTable table_;
  NodeRegistry registry_;
  Fleet fleet_;
  Catalog catalog_;
  Convergence convergence_;
  Deployer deployer_;
  RolloutKeeper rollouts_;
  Purger purger_;
  SecretKeeper secrets_;
  RecordKeeper dns_records_;
  PolicyKeeper dns_policies_;
  Events events_;
  bool events_loaded_ = false;
  Timer lease_timer_;
  Timer refresh_timer_;
  Timer reload_timer_;
  MonotonicTime return_deadline_;  // until then nodes known from before a restart are awaited
  bool awaits_return_ = false;     // some of them have not come back yet

  std::map<std::string, std::string> known_nodes_;  // NodeInfo as stored, by id
  bool touched_ = false;
  bool zone_changed_ = false;
  MonotonicTime refreshed_{};
  struct ViewSources {
    uint64_t registry_changes = 0;
    Revision table = 0;
    bool operator==(const ViewSources&) const = default;
  };
  ViewSources view_sources_;
  std::string view_bytes_;  // the view without its serial, as last published
  std::shared_ptr<const v1::View> view_;
  uint64_t view_serial_;
  std::map<WatcherId, ViewCallback> view_watchers_;
  WatcherId last_watcher_ = 0;

  // The store's watch may call on any thread; it outlives the coordinator's last task by this
  // handle.
  struct Inbox {
    std::mutex mutex;
    std::vector<std::pair<Revision, std::vector<Event>>> revisions;
    Coordinator* owner = nullptr;  // on the loop's thread only; null when it is gone
  };
  std::shared_ptr<Inbox> inbox_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace terrella::control
