#include "control_plane/rollout/fleet.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/utf8.h"
#include "rpc/sealing_key.h"

namespace terrella::control {

namespace {

constexpr uint64_t kFirstNonce = 1;

}  // namespace

Fleet::Fleet(NodeRegistry& registry, const ResourceTable& table, StateStore& store,
             std::function<void()> on_change, const FleetLimits& limits)
    : registry_(registry),
      table_(table),
      store_(store),
      limits_(limits),
      on_change_(std::move(on_change)),
      builder_(table, store) {}

absl::StatusOr<SessionId> Fleet::Connect(const v1::Hello& hello, std::shared_ptr<NodeLink> link) {
  RETURN_IF_ERROR(rpc::CheckSealingKey(hello.sealing_key()));
  RETURN_IF_ERROR(CheckHistory(hello));
  bool known = hello.store_epoch() == store_.epoch() && hello.revision() != 0 &&
               table_.Knows(hello.revision());
  Revision holds = known ? hello.revision() : 0;
  if (auto old = by_node_.find(hello.node().id()); old != by_node_.end()) {
    absl::Status replaced = Aborted("node {} connected again", hello.node().id());
    Drop(old->second, &replaced);
  }
  RETURN_IF_ERROR(registry_.Connect(hello.node(), holds, table_.revision()));
  SessionId id = ++last_session_;
  Session& session = sessions_[id];
  session.id = id;
  session.node = hello.node().id();
  session.link = std::move(link);
  session.sealing_key = hello.sealing_key();
  session.acked = holds;
  session.start_over = !known;
  by_node_[session.node] = id;
  LogInfo("node {} connected: pid {}, {}:{}, holds {}, {} {}", session.node, hello.node().pid(),
          hello.node().address(), hello.node().port(), hello.revision(),
          known ? "needs changes to" : "starts over at", table_.revision());
  Pump(session);
  on_change_();
  return id;
}

// A node ahead of this store has seen a future that is lost: the store came back from an older
// copy. A new epoch makes every node start over, so that the two histories never mix.
absl::Status Fleet::CheckHistory(const v1::Hello& hello) {
  if (hello.store_epoch() != store_.epoch() || hello.revision() <= table_.revision()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(store_.RenewEpoch());
  LogWarn(
      "node {} holds revision {} but the store is at {}: it was restored from an older copy;"
      " all nodes start over with epoch {}",
      hello.node().id(), hello.revision(), table_.revision(), store_.epoch());
  for (auto& [id, session] : sessions_) session.start_over = true;
  PushAll();
  return absl::OkStatus();
}

void Fleet::Pump(Session& session) {
  if (session.in_flight) return;
  const NodeEntry* entry = registry_.Find(session.node);
  bool drain = entry != nullptr && entry->drain_asked;
  bool behind = !session.greeted || session.start_over || session.acked != table_.revision();
  if (behind || drain != session.drain_sent) {
    SendPush(session, drain);
  } else if (!session.trials.empty()) {
    SendTrial(session);
  }
}

void Fleet::SendPush(Session& session, bool drain) {
  bool full = session.start_over || !table_.Knows(session.acked);
  v1::Push head;
  head.set_nonce(++session.last_nonce);
  head.set_revision(table_.revision());
  if (!session.greeted || drain != session.drain_sent) head.mutable_directive()->set_drain(drain);
  session.greeted = true;
  session.start_over = false;
  session.drain_sent = drain;
  session.in_flight = InFlight{.nonce = session.last_nonce,
                               .revision = table_.revision(),
                               .body = builder_.Build(session.acked, full),
                               .trial = {}};
  SealSecretsKey(session, head);
  session.link->Send(head.SerializeAsString(), session.in_flight->body);
}

void Fleet::SealSecretsKey(const Session& session, v1::Push& head) const {
  const std::string& key = session.in_flight->body->secrets_key;
  if (key.empty()) return;
  absl::StatusOr<std::string> sealed = rpc::SealTo(session.sealing_key, key);
  // The node refuses what it cannot open.
  if (!sealed.ok()) return LogError("node {}: {}", session.node, Message(sealed.status()));
  head.set_secrets_key(*std::move(sealed));
}

void Fleet::SendTrial(Session& session) {
  Trial trial = std::move(session.trials.front());
  session.trials.pop_front();
  v1::Push head;
  head.set_nonce(++session.last_nonce);
  head.set_revision(session.acked);
  session.in_flight = InFlight{.nonce = session.last_nonce,
                               .revision = session.acked,
                               .body = std::move(trial.body),
                               .trial = {}};
  session.in_flight->trial = std::move(trial);
  session.link->Send(head.SerializeAsString(), session.in_flight->body);
}

absl::Status Fleet::OnReport(SessionId id, const v1::Report& report) {
  auto it = sessions_.find(id);
  if (it == sessions_.end()) return absl::OkStatus();  // replaced or expired meanwhile
  Session& session = it->second;
  if (!session.in_flight || session.in_flight->nonce != report.nonce()) {
    return InvalidArgument("the report on nonce {} answers no push; {} is in flight",
                           report.nonce(),
                           session.in_flight ? std::to_string(session.in_flight->nonce) : "none");
  }
  InFlight push = *std::move(session.in_flight);
  session.in_flight.reset();
  if (!push.trial) Settle(session, push, report);
  if (push.trial && report.rejected().empty()) {
    for (const std::string& name : push.body->names) {
      builder_.Vouch(name, registry_.Find(session.node)->info.build());
    }
  }
  Pump(session);
  on_change_();
  // Last: the callback may deploy, which pushes to every session.
  if (push.trial && push.trial->callback) push.trial->callback(OutcomeOf(report));
  return absl::OkStatus();
}

void Fleet::Settle(Session& session, const InFlight& push, const v1::Report& report) {
  const Revision before = std::exchange(session.acked, push.revision);
  if (on_acked_ && push.nonce > kFirstNonce) on_acked_(session.node, before, push.revision);
  registry_.Acknowledge(session.node, push.revision);
  for (const std::string& name : push.body->names) session.rejections.erase(name);
  std::erase_if(session.rejections,
                [&](const auto& entry) { return table_.Find(entry.first) == nullptr; });
  for (const v1::Rejected& rejected : report.rejected()) {
    if (session.rejections.size() >= limits_.rejections_max) break;
    bool sent = std::find(push.body->names.begin(), push.body->names.end(), rejected.name()) !=
                push.body->names.end();
    const v1::Resource* resource = table_.Find(rejected.name());
    if (!sent || resource == nullptr) continue;
    std::string detail = Utf8Text(rejected.detail(), limits_.rejection_detail_bytes_max);
    LogWarn("node {} refuses {}: {}", session.node, rejected.name(), detail);
    session.rejections[rejected.name()] = {rejected.name(), resource->revision(), rejected.code(),
                                           std::move(detail)};
  }
}

TrialOutcome Fleet::OutcomeOf(const v1::Report& report) const {
  if (report.rejected().empty()) return {TrialOutcome::Kind::kAccepted, {}};
  TrialOutcome outcome{TrialOutcome::Kind::kRejected, report.rejected(0)};
  outcome.rejected.set_detail(
      Utf8Text(outcome.rejected.detail(), limits_.rejection_detail_bytes_max));
  return outcome;
}

void Fleet::OnHeartbeat(SessionId id, const v1::Heartbeat& heartbeat) {
  auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  uint64_t before = registry_.changes();
  registry_.Heartbeat(it->second.node, heartbeat);
  if (registry_.changes() != before) on_change_();
  if (on_heartbeat_) on_heartbeat_(it->second.node, it->second.acked, heartbeat);
}

void Fleet::OnDisconnect(SessionId id) {
  if (sessions_.contains(id)) Drop(id, nullptr);
}

void Fleet::Drop(SessionId id, const absl::Status* close_with) {
  auto node = sessions_.extract(id);
  Session& session = node.mapped();
  by_node_.erase(session.node);
  registry_.Disconnect(session.node);
  LogInfo("node {} is down{}{}", session.node, close_with != nullptr ? ": " : "",
          close_with != nullptr ? Message(*close_with) : "");
  if (close_with != nullptr) session.link->Close(*close_with);
  on_change_();
  if (session.in_flight && session.in_flight->trial && session.in_flight->trial->callback) {
    session.in_flight->trial->callback({TrialOutcome::Kind::kLost, {}});
  }
  for (const Trial& trial : session.trials) {
    if (trial.callback) trial.callback({TrialOutcome::Kind::kNotTried, {}});
  }
}

void Fleet::PushAll() {
  for (auto& [id, session] : sessions_) Pump(session);
}

void Fleet::ExpireLeases() {
  for (const std::string& node : registry_.Expired()) {
    absl::Status why = DeadlineExceeded("no heartbeat of node {} within its lease", node);
    if (auto it = by_node_.find(node); it != by_node_.end()) Drop(it->second, &why);
  }
}

bool Fleet::Evict(std::string_view node, const absl::Status& why) {
  const auto it = by_node_.find(node);
  if (it == by_node_.end()) return false;
  Drop(it->second, &why);
  return true;
}

void Fleet::CloseAll(const absl::Status& why) {
  while (!sessions_.empty()) Drop(sessions_.begin()->first, &why);
}

std::string Fleet::TrialNode(const std::set<std::string>& except) const {
  for (const auto& [node, id] : by_node_) {
    const NodeEntry* entry = registry_.Find(node);
    bool ready = entry != nullptr && entry->state() == v1::NODE_STATE_READY;
    if (ready && !except.contains(node)) return node;
  }
  return {};
}

absl::StatusOr<TrialId> Fleet::StartTrial(std::string_view node,
                                          std::shared_ptr<const PushBody> body,
                                          TrialCallback callback) {
  Session* session = FindNode(node);
  if (session == nullptr) return Unavailable("node {} is not connected", node);
  if (session->trials.size() >= limits_.trials_waiting_max) {
    return Unavailable("node {} has {} trials waiting, which is the limit", node,
                       session->trials.size());
  }
  TrialId id = ++last_trial_;
  session->trials.push_back({id, std::move(body), std::move(callback)});
  Pump(*session);
  return id;
}

void Fleet::CancelTrial(std::string_view node, TrialId trial) {
  Session* session = FindNode(node);
  if (session == nullptr) return;
  std::erase_if(session->trials, [&](const Trial& t) { return t.id == trial; });
  if (session->in_flight && session->in_flight->trial && session->in_flight->trial->id == trial) {
    session->in_flight->trial->callback = nullptr;
  }
}

v1::Convergence Fleet::Measure(Revision revision) const {
  v1::Convergence result;
  result.set_revision(revision);
  uint32_t acked = 0;
  std::map<std::string, v1::RegionConvergence> regions;
  for (const auto& [node, id] : by_node_) {
    const Session& session = sessions_.at(id);
    const NodeEntry* entry = registry_.Find(node);
    v1::RegionConvergence& region = regions[entry == nullptr ? "" : entry->info.continent()];
    region.set_total(region.total() + 1);
    const bool reported = session.acked >= revision && !session.start_over;
    region.set_reported(region.reported() + (reported ? 1 : 0));
    auto refused = std::find_if(session.rejections.begin(), session.rejections.end(),
                                [&](const auto& r) { return r.second.revision == revision; });
    if (!reported) {
      result.add_lagging(node);
    } else if (refused != session.rejections.end()) {
      v1::NodeRejection* rejection = result.add_rejected();
      rejection->set_node(node);
      rejection->set_resource(refused->second.resource);
      rejection->set_code(v1::Rejected::Code_Name(refused->second.code));
      rejection->set_detail(refused->second.detail);
    } else {
      ++acked;
    }
  }
  for (auto& [name, region] : regions) {
    region.set_region(name);
    *result.add_regions() = std::move(region);
  }
  result.set_acked(acked);
  result.set_total(static_cast<uint32_t>(by_node_.size()));
  result.set_complete(result.lagging().empty());
  return result;
}

Revision Fleet::LowestAcked() const {
  Revision lowest = table_.revision();
  for (const auto& [id, session] : sessions_) lowest = std::min(lowest, session.acked);
  return lowest;
}

std::vector<Rejection> Fleet::RejectionsOf(std::string_view node) const {
  std::vector<Rejection> rejections;
  if (const Session* session = FindNode(node)) {
    for (const auto& [name, rejection] : session->rejections) rejections.push_back(rejection);
  }
  return rejections;
}

std::optional<Revision> Fleet::AckedBy(std::string_view node) const {
  const Session* session = FindNode(node);
  if (session == nullptr || session->start_over) return std::nullopt;
  return session->acked;
}

Fleet::Session* Fleet::FindNode(std::string_view node) {
  auto it = by_node_.find(node);
  return it == by_node_.end() ? nullptr : &sessions_.at(it->second);
}

const Fleet::Session* Fleet::FindNode(std::string_view node) const {
  auto it = by_node_.find(node);
  return it == by_node_.end() ? nullptr : &sessions_.at(it->second);
}

}  // namespace terrella::control
