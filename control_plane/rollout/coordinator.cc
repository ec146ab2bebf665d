#include "control_plane/rollout/coordinator.h"

#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "bundle/names.h"
#include "bundle/version_shares.h"
#include "control_plane/access/call.h"

namespace terrella::control {
namespace {

constexpr std::string_view kNodePrefix = "node/";  // a NodeInfo each: who is expected back
// Three hundred nodes report within a tenth of a second; who watches is told of many at once.
constexpr Duration kRefreshEvery = std::chrono::milliseconds(2);
constexpr std::string_view kDeploymentPrefix = "deployment/";
constexpr std::string_view kDrainPrefix = "drain/";    // a row each: nodes to be drained
constexpr std::string_view kCordonPrefix = "cordon/";  // a row each: nodes that are cordoned
constexpr int kWatchesMax = 5;
constexpr Duration kReloadPause = std::chrono::milliseconds(500);

uint64_t UnixUs(WallTime time) {
  return Microseconds(time.time_since_epoch());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Create(
    EventLoop& loop, StateStore& store, const CoordinatorOptions& options) {
  RETURN_IF_ERROR(bundle::CheckHostName(options.zone));
  std::unique_ptr<Coordinator> coordinator(new Coordinator(loop, store, options));
  RETURN_IF_ERROR(coordinator->Load());
  return coordinator;
}

Coordinator::Coordinator(EventLoop& loop, StateStore& store, const CoordinatorOptions& options)
    : loop_(loop),
      store_(store),
      options_(options),
      started_(clock_.WallNow()),
      registry_(clock_, {.lease = options.lease}),
      fleet_(registry_, table_, store, [this] { Touch(); }),
      catalog_(store, table_),
      convergence_(clock_, fleet_, table_),
      deployer_(loop, store, table_, catalog_, fleet_,
                [this](Revision revision) { OnCommitted(revision); },
                {.zone = options.zone, .trial_timeout = options.trial_timeout}),
      rollouts_(loop, clock_, store, catalog_, fleet_, registry_, deployer_),
      purger_(clock_, store, table_, [this](Revision revision) { OnCommitted(revision); }),
      secrets_(clock_, store, table_, catalog_, options.master_key,
               [this](Revision revision) { OnCommitted(revision); }),
      dns_records_(
          clock_, store, options.zone, [this](const std::string& name) { return RoutesAt(name); },
          [this] { TouchZone(); }),
      dns_policies_(
          clock_, store, options.zone,
          [this] { return PolicyKeeper::Known{.nodes = NodeIds(), .hostnames = Hostnames()}; },
          [this] { TouchZone(); }),
      events_(loop, clock_, store, registry_,
              {.cluster = options.cluster,
               .crons = options.crons,
               .tails = {},
               .stats_folder = options.stats_folder,
               .logs_file = options.logs_file}),
      lease_timer_(loop,
                   [this] {
                     fleet_.ExpireLeases();
                     ArmLeaseTimer();
                     Touch();
                   }),
      refresh_timer_(loop, [this] { Refresh(); }),
      reload_timer_(loop, [this] { ReloadTable(); }),
      return_deadline_(clock_.Now() + options.lease),
      view_serial_(UnixUs(started_)),
      inbox_(std::make_shared<Inbox>()) {
  inbox_->owner = this;
  fleet_.builder().set_master_key(options.master_key);
  fleet_.set_on_heartbeat(
      [this](const std::string& node, Revision acked, const v1::Heartbeat& heartbeat) {
        rollouts_.OnHeartbeat(node, acked, heartbeat);
        events_.OnHeartbeat(node, heartbeat);
      });
  fleet_.set_on_acked([this](const std::string& node, Revision from, Revision to) {
    const NodeEntry* entry = registry_.Find(node);
    convergence_.Acked({.node = node,
                        .region = entry == nullptr ? "" : entry->info.continent(),
                        .from = from,
                        .to = to});
  });
}

Coordinator::~Coordinator() {
  watch_.reset();
  inbox_->owner = nullptr;
}

absl::Status Coordinator::WatchResources() {
  ASSIGN_OR_RETURN(RangeResult live, store_.Range(ResourceTable::kPrefix));
  Revision floor = store_.compacted();
  table_.Load(live, floor);
  // From the floor on, for the deletions; what the range has already is passed over.
  ASSIGN_OR_RETURN(watch_, store_.WatchPrefix(
                               ResourceTable::kPrefix, floor,
                               [inbox = inbox_, loop = &loop_](Revision revision,
                                                               std::span<const Event> events) {
                                 bool first;
                                 {
                                   std::lock_guard lock(inbox->mutex);
                                   first = inbox->revisions.empty();
                                   inbox->revisions.emplace_back(
                                       revision, std::vector<Event>(events.begin(), events.end()));
                                 }
                                 if (!first) return;
                                 loop->Post([inbox] {
                                   if (inbox->owner != nullptr) {
                                     inbox->owner->DrainInbox();
                                   }
                                 });
                               }));
  return absl::OkStatus();
}

absl::Status Coordinator::Load() {
  absl::Status watched = WatchResources();
  // Others compacted further than was known here; now it is known.
  for (int i = 0; i < kWatchesMax && watched.code() == absl::StatusCode::kOutOfRange; ++i) {
    watched = WatchResources();
  }
  RETURN_IF_ERROR(watched);
  DrainInbox();
  RETURN_IF_ERROR(secrets_.BeginWithMaster());
  RETURN_IF_ERROR(rollouts_.Load());
  ASSIGN_OR_RETURN(RangeResult nodes, store_.Range(kNodePrefix));
  for (const Record& record : nodes.records) {
    v1::NodeInfo info;
    if (!info.ParseFromString(record.value)) continue;
    known_nodes_[info.id()] = record.value;
    registry_.Remember(info);
  }
  RETURN_IF_ERROR(dns_records_.Load());
  RETURN_IF_ERROR(dns_policies_.Load());
  RETURN_IF_ERROR(LoadTriggers());
  ASSIGN_OR_RETURN(RangeResult drains, store_.Range(kDrainPrefix));
  for (const Record& record : drains.records) {
    registry_.SetDrain(record.key.substr(kDrainPrefix.size()), true);
  }
  ASSIGN_OR_RETURN(RangeResult cordons, store_.Range(kCordonPrefix));
  for (const Record& record : cordons.records) {
    registry_.SetCordon(record.key.substr(kCordonPrefix.size()), true);
  }
  LogInfo("state at revision {}, {} resources for the nodes, {} nodes awaited", store_.revision(),
          table_.resources().size(), known_nodes_.size());
  awaits_return_ = registry_.AwaitsReturn();
  lease_timer_.StartAt(return_deadline_);
  Touch();
  return absl::OkStatus();
}

void Coordinator::Post(std::function<void()> task) {
  loop_.Post([call = CallScope::Current(), task = std::move(task)] {
    const CallScope scope(call);
    task();
  });
}

void Coordinator::OnCommitted(Revision revision) {
  convergence_.Committed(revision);
  DrainInbox();
}

void Coordinator::DrainInbox() {
  std::vector<std::pair<Revision, std::vector<Event>>> revisions;
  {
    std::lock_guard lock(inbox_->mutex);
    revisions.swap(inbox_->revisions);
  }
  if (revisions.empty()) return;
  std::set<std::string> deployed;
  const std::string deployments = ResourceTable::Key(kDeploymentPrefix);
  for (const auto& [revision, events] : revisions) {
    if (events.empty()) return ReloadTable();  // what follows is in the range, too
    table_.Apply(revision, events);
    for (const Event& event : events) {
      if (event.record.key.starts_with(deployments)) {
        deployed.insert(event.record.key.substr(deployments.size()));
      }
    }
  }
  if (events_loaded_) SyncTriggers(deployed);
  fleet_.PushAll();
  Touch();
}

void Coordinator::ReloadTable() {
  const auto live = store_.Range(ResourceTable::kPrefix);
  if (!live.ok()) {
    LogError("resources cannot be read again: {}", Message(live.status()));
    return reload_timer_.Start(kReloadPause);
  }
  // Deletions in the gap are not known: every node starts over.
  table_.Load(*live, live->revision);
  LogWarn("read again at revision {} after a gap in the log", live->revision);
  fleet_.PushAll();
  Touch();
}

absl::Status Coordinator::LoadTriggers() {
  RETURN_IF_ERROR(events_.Load());
  std::set<std::string> scripts;
  for (std::string& script : events_.crons().Scripts()) scripts.insert(std::move(script));
  const auto& all = table_.resources();
  for (auto it = all.lower_bound(kDeploymentPrefix); it != all.end() && it->second.has_deployment();
       ++it) {
    scripts.insert(it->second.deployment().script());
  }
  SyncTriggers(scripts);
  events_loaded_ = true;
  events_.SetLeading(true);
  return absl::OkStatus();
}

void Coordinator::SyncTriggers(const std::set<std::string>& scripts) {
  // What follows from a deployment is no change that somebody asked for: the audit log has that.
  const CallScope housekeeping(nullptr);
  for (const std::string& script : scripts) {
    std::vector<std::string> crons;
    std::vector<const v1::Version*> answering;
    if (const v1::Resource* deployment = catalog_.DeploymentOf(script); deployment != nullptr) {
      const v1::Resource* version =
          table_.Find(bundle::VersionName(script, deployment->deployment().version_id()));
      if (version == nullptr) continue;
      crons.assign(version->version().crons().begin(), version->version().crons().end());
      for (const std::string& id : bundle::VersionsOf(deployment->deployment())) {
        const v1::Resource* one = table_.Find(bundle::VersionName(script, id));
        if (one != nullptr) answering.push_back(&one->version());
      }
    }
    events_.SetScript(script, crons);
    events_.SetLogs(script, answering);
  }
}

absl::StatusOr<SessionId> Coordinator::Connect(const v1::Hello& hello,
                                               std::shared_ptr<NodeLink> link) {
  if (hello.cluster() != options_.cluster) {
    return FailedPrecondition("this is the control plane of cluster '{}', the node belongs to '{}'",
                              options_.cluster, hello.cluster());
  }
  ASSIGN_OR_RETURN(SessionId session, fleet_.Connect(hello, std::move(link)));
  RememberNode(hello.node());
  ArmLeaseTimer();
  return session;
}

void Coordinator::RememberNode(const v1::NodeInfo& info) {
  std::string bytes = info.SerializeAsString();
  std::string& known = known_nodes_[info.id()];
  if (known == bytes) return;
  known = bytes;
  auto result = store_.Txn({.ops = {Op::Put(std::string(kNodePrefix) + info.id(), bytes)}});
  if (!result.ok())
    LogError("node {} cannot be remembered: {}", info.id(), Message(result.status()));
}

void Coordinator::ArmLeaseTimer() {
  std::optional<MonotonicTime> next = registry_.NextExpiry();
  if (clock_.Now() < return_deadline_ && (!next || return_deadline_ < *next))
    next = return_deadline_;
  if (next) lease_timer_.StartAt(*next);
}

void Coordinator::Touch() {
  if (touched_) return;
  touched_ = true;
  refresh_timer_.Start(std::max(Duration(0), refreshed_ + kRefreshEvery - clock_.Now()));
}

void Coordinator::TouchZone() {
  zone_changed_ = true;
  Touch();
}

void Coordinator::Refresh() {
  touched_ = false;
  refreshed_ = clock_.Now();
  if (awaits_return_ && !registry_.AwaitsReturn()) {
    awaits_return_ = false;
    LogInfo("all {} nodes are back, {:.0f} ms after the start", fleet_.connected(),
            ToMs(clock_.WallNow() - started_));
  }
  convergence_.Refresh();
  RefreshView();
}

void Coordinator::RefreshView() {
  // Right after a restart the registry is empty; a view made of it would send clients nowhere.
  if (view_ == nullptr && registry_.AwaitsReturn() && clock_.Now() < return_deadline_) return;
  // What a view is made of: an acknowledgement, the most frequent change, is not in it.
  const ViewSources sources{registry_.changes(), table_.revision()};
  if (view_ != nullptr && sources == view_sources_ && !zone_changed_) return;
  view_sources_ = sources;
  zone_changed_ = false;
  v1::View view = MakeView();
  std::string bytes = view.SerializeAsString();
  if (view_ != nullptr && bytes == view_bytes_) return;
  view_bytes_ = std::move(bytes);
  // Its time, so that it grows over restarts, and says how old a view is.
  view_serial_ = std::max(view_serial_ + 1, UnixUs(clock_.WallNow()));
  view.set_serial(view_serial_);
  view_ = std::make_shared<const v1::View>(std::move(view));
  for (const auto& [id, callback] : view_watchers_) callback(view_);
}

v1::View Coordinator::MakeView() const {
  v1::View view;
  view.set_cluster(options_.cluster);
  view.set_zone(options_.zone);
  for (const NodeEntry* entry : registry_.Nodes()) {
    v1::Node* node = view.add_nodes();
    *node->mutable_info() = entry->info;
    node->set_state(entry->state());
    node->set_load(entry->load);
  }
  for (const std::string& host : Hostnames()) view.add_hostnames(host);
  dns_records_.AddTo(view);
  dns_policies_.AddTo(view);
  return view;
}

std::set<std::string> Coordinator::Hostnames() const {
  std::set<std::string> hostnames;
  const auto& all = table_.resources();
  std::string suffix = "." + options_.zone;
  for (auto it = all.lower_bound("route/"); it != all.end() && it->second.has_route(); ++it) {
    std::string_view host = bundle::RouteHost(it->second.route().pattern());
    if (host == options_.zone || host.ends_with(suffix)) hostnames.emplace(host);
  }
  return hostnames;
}

std::vector<std::string> Coordinator::RoutesAt(const std::string& name) const {
  std::vector<std::string> hosts;
  for (const std::string& host : Hostnames()) {
    if (host == name || host.ends_with("." + name)) hosts.push_back(host);
  }
  return hosts;
}

std::set<std::string> Coordinator::NodeIds() const {
  std::set<std::string> ids;
  for (const NodeEntry* entry : registry_.Nodes()) ids.insert(entry->info.id());
  return ids;
}

Coordinator::WatcherId Coordinator::WatchView(ViewCallback callback) {
  WatcherId id = ++last_watcher_;
  if (view_ != nullptr) callback(view_);
  view_watchers_.emplace(id, std::move(callback));
  return id;
}

absl::StatusOr<Convergence::FollowerId> Coordinator::Follow(Revision revision,
                                                            Convergence::Callback callback) {
  if (revision > store_.revision()) {
    return OutOfRange("revision {} does not exist yet, the store is at {}", revision,
                      store_.revision());
  }
  return convergence_.Follow(revision == 0 ? table_.revision() : revision, std::move(callback));
}

absl::StatusOr<v1::UploadResponse> Coordinator::AddVersion(const v1::Version& version) {
  return catalog_.Add(version, clock_.WallNow());
}

absl::StatusOr<v1::Node> Coordinator::NodeNow(const std::string& node) const {
  const NodeEntry* entry = registry_.Find(node);
  if (entry == nullptr) return NotFound("no node '{}' has ever registered", node);
  v1::Node answer;
  *answer.mutable_info() = entry->info;
  answer.set_state(entry->state());
  return answer;
}

absl::StatusOr<v1::Node> Coordinator::DrainNode(const std::string& node, bool drain) {
  RETURN_IF_ERROR(NodeNow(node).status());
  std::string key = std::string(kDrainPrefix) + node;
  RETURN_IF_ERROR(store_.Txn({.ops = {drain ? Op::Put(key, "1") : Op::Delete(key)}}).status());
  registry_.SetDrain(node, drain);
  fleet_.PushAll();
  Touch();
  return NodeNow(node);
}

absl::StatusOr<v1::Node> Coordinator::CordonNode(const std::string& node, bool cordon) {
  RETURN_IF_ERROR(NodeNow(node).status());
  std::string key = std::string(kCordonPrefix) + node;
  RETURN_IF_ERROR(store_.Txn({.ops = {cordon ? Op::Put(key, "1") : Op::Delete(key)}}).status());
  registry_.SetCordon(node, cordon);
  Touch();
  return NodeNow(node);
}

absl::StatusOr<v1::Node> Coordinator::EvictNode(const std::string& node) {
  ASSIGN_OR_RETURN(v1::Node last, NodeNow(node));
  TxnRequest forget;
  for (std::string_view prefix : {kNodePrefix, kDrainPrefix, kCordonPrefix}) {
    forget.ops.push_back(Op::Delete(std::string(prefix) + node));
  }
  RETURN_IF_ERROR(store_.Txn(forget).status());
  known_nodes_.erase(node);
  fleet_.Evict(node, Aborted("node {} was evicted; it may say Hello anew", node));
  registry_.Forget(node);
  convergence_.Forget(node);
  LogInfo("node {} is evicted", node);
  Touch();
  return last;
}

v1::GetStatusResponse Coordinator::Status() const {
  v1::GetStatusResponse status;
  status.set_cluster(options_.cluster);
  status.set_revision(table_.revision());
  status.set_store_epoch(store_.epoch());
  status.set_build(options_.build);
  status.set_pid(static_cast<uint32_t>(getpid()));
  status.set_started_unix_ms(UnixMs(started_));
  for (const NodeEntry* entry : registry_.Nodes()) {
    v1::NodeStatus* node = status.add_nodes();
    *node->mutable_node()->mutable_info() = entry->info;
    node->mutable_node()->set_state(entry->state());
    node->mutable_node()->set_load(entry->load);
    node->set_acked_revision(entry->acked);
    node->set_requests(entry->requests);
    node->set_errors(entry->errors);
    node->set_rss_bytes(entry->rss_bytes);
    node->set_isolates(entry->isolates);
    node->set_last_heartbeat_unix_ms(UnixMs(entry->last_heartbeat));
    node->set_pid(entry->info.pid());
    node->set_in_flight(entry->in_flight);
    node->set_cordoned(entry->cordoned);
    node->set_drained(entry->drained());
    AddDistance(*node);
    for (const Rejection& rejection : fleet_.RejectionsOf(entry->info.id())) {
      node->add_rejected(rejection.resource + ": " + rejection.detail);
    }
  }
  return status;
}

WanWay Coordinator::WayTo(const v1::NodeInfo& node) const {
  return options_.wan->WayTo(node.country(), {node.latitude_deg(), node.longitude_deg()});
}

void Coordinator::AddDistance(v1::NodeStatus& node) const {
  const v1::NodeInfo& info = node.node().info();
  if (const auto took = convergence_.LastPush(info.id())) {
    node.set_last_push_us(Microseconds(*took));
  }
  if (options_.wan == nullptr) return;
  const WanWay way = WayTo(info);
  node.set_pushed_by(options_.wan->SenderOf(way));
  node.set_one_way_us(Microseconds(way.OneWay()));
}

void Coordinator::Shutdown() {
  const absl::Status why = Unavailable("the control plane is shutting down");
  // That nodes are no longer connected here says nothing about them.
  view_watchers_.clear();
  deployer_.AbortAll(why);
  fleet_.CloseAll(why);
  events_.CloseAll(why);
  if (!options_.alone) return;
  TxnRequest forget;
  for (const auto& [id, bytes] : known_nodes_) {
    forget.ops.push_back(Op::Delete(std::string(kNodePrefix) + id));
    if (forget.ops.size() < StoreLimits().txn_ops_max) continue;
    (void)store_.Txn(forget);
    forget.ops.clear();
  }
  (void)store_.Txn(forget);
}

}  // namespace terrella::control
