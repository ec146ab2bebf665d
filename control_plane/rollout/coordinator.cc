#include "control_plane/rollout/coordinator.h"

#include <unistd.h>

#include <set>

#include "base/log.h"
#include "base/status.h"
#include "bundle/names.h"

namespace terrella::control {
namespace {

constexpr std::string_view kNodePrefix = "node/";    // a NodeInfo each: who is expected back
constexpr std::string_view kDrainPrefix = "drain/";  // a row each: nodes to be drained

uint64_t UnixUs(WallTime time) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
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
      purger_(clock_, store, table_, [this](Revision revision) { OnCommitted(revision); }),
      secrets_(clock_, store, table_, catalog_, options.secret_box,
               [this](Revision revision) { OnCommitted(revision); }),
      lease_timer_(loop,
                   [this] {
                     fleet_.ExpireLeases();
                     ArmLeaseTimer();
                     Touch();
                   }),
      return_deadline_(clock_.Now() + options.lease),
      view_serial_(UnixUs(started_)),
      inbox_(std::make_shared<Inbox>()) {
  inbox_->owner = this;
  fleet_.builder().set_secret_box(options.secret_box);
}

Coordinator::~Coordinator() {
  watch_.reset();
  inbox_->owner = nullptr;
}

absl::Status Coordinator::Load() {
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
  DrainInbox();
  ASSIGN_OR_RETURN(RangeResult nodes, store_.Range(kNodePrefix));
  for (const Record& record : nodes.records) {
    v1::NodeInfo info;
    if (!info.ParseFromString(record.value)) continue;
    known_nodes_[info.id()] = record.value;
    registry_.Remember(info);
  }
  ASSIGN_OR_RETURN(RangeResult drains, store_.Range(kDrainPrefix));
  for (const Record& record : drains.records) {
    registry_.SetDrain(record.key.substr(kDrainPrefix.size()), true);
  }
  LogInfo("state at revision {}, {} resources for the nodes, {} nodes awaited", store_.revision(),
          table_.resources().size(), known_nodes_.size());
  lease_timer_.StartAt(return_deadline_);
  Touch();
  return absl::OkStatus();
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
  for (const auto& [revision, events] : revisions) table_.Apply(revision, events);
  fleet_.PushAll();
  Touch();
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
  loop_.Post([inbox = inbox_] {
    if (inbox->owner != nullptr) inbox->owner->Refresh();
  });
}

void Coordinator::Refresh() {
  touched_ = false;
  convergence_.Refresh();
  RefreshView();
}

void Coordinator::RefreshView() {
  // Right after a restart the registry is empty; a view made of it would send clients nowhere.
  if (view_ == nullptr && registry_.AwaitsReturn() && clock_.Now() < return_deadline_) return;
  v1::View view = MakeView();
  std::string bytes = view.SerializeAsString();
  if (view_ != nullptr && bytes == view_bytes_) return;
  view_bytes_ = std::move(bytes);
  view.set_serial(++view_serial_);
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
  }
  std::set<std::string> hostnames;
  const auto& all = table_.resources();
  std::string suffix = "." + options_.zone;
  for (auto it = all.lower_bound("route/"); it != all.end() && it->second.has_route(); ++it) {
    std::string_view host = bundle::RouteHost(it->second.route().pattern());
    if (host == options_.zone || host.ends_with(suffix)) hostnames.emplace(host);
  }
  for (const std::string& host : hostnames) view.add_hostnames(host);
  return view;
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

absl::StatusOr<v1::Node> Coordinator::DrainNode(const std::string& node, bool drain) {
  const NodeEntry* entry = registry_.Find(node);
  if (entry == nullptr) return NotFound("no node '{}' has ever registered", node);
  std::string key = std::string(kDrainPrefix) + node;
  RETURN_IF_ERROR(store_.Txn({.ops = {drain ? Op::Put(key, "1") : Op::Delete(key)}}).status());
  registry_.SetDrain(node, drain);
  fleet_.PushAll();
  Touch();
  v1::Node answer;
  *answer.mutable_info() = entry->info;
  answer.set_state(entry->state());
  return answer;
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
    node->set_acked_revision(entry->acked);
    node->set_requests(entry->requests);
    node->set_errors(entry->errors);
    node->set_rss_bytes(entry->rss_bytes);
    node->set_isolates(entry->isolates);
    node->set_last_heartbeat_unix_ms(UnixMs(entry->last_heartbeat));
    node->set_pid(entry->info.pid());
    for (const Rejection& rejection : fleet_.RejectionsOf(entry->info.id())) {
      node->add_rejected(rejection.resource + ": " + rejection.detail);
    }
  }
  return status;
}

void Coordinator::Shutdown() {
  const absl::Status why = Unavailable("the control plane is shutting down");
  deployer_.AbortAll(why);
  fleet_.CloseAll(why);
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
