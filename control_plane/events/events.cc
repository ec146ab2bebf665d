#include "control_plane/events/events.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace terrella::control {
namespace {

// The machine's wall clock may be set while a timer waits.
constexpr Duration kTickMax = std::chrono::seconds(20);

}  // namespace

Events::Events(EventLoop& loop, const Clock& clock, StateStore& store, const NodeRegistry& registry,
               EventsOptions options)
    : clock_(clock),
      registry_(registry),
      options_(std::move(options)),
      crons_(clock, store, *this, options_.crons),
      logs_(loop, clock, options_.logs_file),
      tails_([this] { SendTails(); }, options_.tails),
      stats_log_(options_.stats_folder),
      stats_(clock),
      tick_(loop, [this] { Tick(); }),
      tails_refresh_(loop, [this] { SendTails(); }) {
  tails_.set_keeper(&logs_);
}

absl::Status Events::Load() {
  RETURN_IF_ERROR(crons_.Load());
  stats_log_.Read([this](const v1::StatsMinute& minute) { stats_.Load(minute); });
  stats_.set_on_minute([this](const v1::StatsMinute& minute) { stats_log_.Append(minute); });
  Arm();
  return absl::OkStatus();
}

void Events::SetScript(const std::string& script, const std::vector<std::string>& crons) {
  crons_.SetScript(script, crons);
  Arm();
}

void Events::SetLogs(const std::string& script, const std::vector<const v1::Version*>& versions) {
  std::vector<v1::TailFilter> filters;
  for (const v1::Version* version : versions) {
    const v1::Observability& asked = version->observability();
    if (!asked.logs()) continue;
    v1::TailFilter& filter = filters.emplace_back();
    filter.add_version_ids(version->id());
    filter.set_sampling_rate(asked.head_sampling_rate());
    filter.set_only_with_logs(asked.only_with_logs());
  }
  tails_.Keep(script, filters);
}

void Events::QueryLogs(v1::TailHistoryRequest request, LogHistory::Done done) {
  if (absl::Status status = CheckTailFilter(request.filter(), options_.tails); !status.ok()) {
    return done(std::move(status));
  }
  if (request.until_unix_ms() != 0 && request.until_unix_ms() <= request.since_unix_ms()) {
    return done(InvalidArgument("until_unix_ms is after since_unix_ms or 0, got {} and {}",
                                request.until_unix_ms(), request.since_unix_ms()));
  }
  const bool keeps = tails_.keeps(request.script());
  logs_.Query(std::move(request), [keeps, done = std::move(done)](auto answer) {
    if (answer.ok()) answer->set_keeps(keeps);
    done(std::move(answer));
  });
}

void Events::SetLeading(bool leading) {
  crons_.SetLeading(leading);
  Arm();
}

void Events::Tick() {
  crons_.Tick();
  Arm();
}

void Events::Arm() {
  const auto wake = crons_.NextWake();
  if (!wake) return tick_.Stop();
  const Duration wait = *wake - clock_.WallNow();
  tick_.Start(std::clamp<Duration>(wait, Duration(0), kTickMax));
}

absl::StatusOr<AttendanceId> Events::Connect(const v1::Attendance& attendance,
                                             std::shared_ptr<AttendLink> link) {
  if (attendance.cluster() != options_.cluster) {
    return FailedPrecondition("this is the control plane of cluster '{}', the node belongs to '{}'",
                              options_.cluster, attendance.cluster());
  }
  if (attendance.node().empty()) return InvalidArgument("an attendance names its node");
  if (auto old = by_node_.find(attendance.node()); old != by_node_.end()) {
    const auto before = attendants_.at(old->second).link;
    Drop(old->second);
    crons_.OnNodeLost(attendance.node());
    before->Close(Aborted("node {} attends again", attendance.node()));
  }
  const AttendanceId id = ++last_id_;
  attendants_[id] = {attendance.node(), std::move(link)};
  by_node_[attendance.node()] = id;
  // What it has kept from before is replaced, too.
  v1::NodeOrder order;
  *order.mutable_tails() = tails_.Set();
  attendants_[id].link->Send(order);
  Tick();
  return id;
}

void Events::OnEvent(AttendanceId id, const v1::NodeEvent& event) {
  const auto found = attendants_.find(id);
  if (found == attendants_.end()) return;
  const std::string node = found->second.node;
  if (event.has_fired()) {
    crons_.OnResult(node, event.fired());
    Arm();
  } else if (event.has_tail()) {
    tails_.OnBatch(node, event.tail());
  }
}

void Events::OnDisconnect(AttendanceId id) {
  if (!attendants_.contains(id)) return;
  const std::string node = attendants_.at(id).node;
  Drop(id);
  crons_.OnNodeLost(node);
  Arm();
}

void Events::OnHeartbeat(const std::string& node, const v1::Heartbeat& heartbeat) {
  const NodeEntry* entry = registry_.Find(node);
  if (entry != nullptr) stats_.OnHeartbeat(entry->info.pop(), heartbeat);
}

void Events::Drop(AttendanceId id) {
  const auto attendant = attendants_.extract(id);
  by_node_.erase(attendant.mapped().node);
}

void Events::CloseAll(const absl::Status& why) {
  for (const auto& [id, attendant] : std::exchange(attendants_, {})) attendant.link->Close(why);
  by_node_.clear();
  logs_.Refuse(why);
  crons_.SetLeading(false);
  tick_.Stop();
  tails_refresh_.Stop();
}

std::vector<std::string> Events::Nodes() const {
  std::vector<std::string> nodes;
  for (const auto& [node, id] : by_node_) {
    const NodeEntry* entry = registry_.Find(node);
    if (entry != nullptr && entry->state() == v1::NODE_STATE_READY) nodes.push_back(node);
  }
  return nodes;
}

void Events::Send(const std::string& node, const v1::Fire& fire) {
  v1::NodeOrder order;
  *order.mutable_fire() = fire;
  attendants_.at(by_node_.at(node)).link->Send(order);
}

void Events::SendTails() {
  v1::NodeOrder order;
  *order.mutable_tails() = tails_.Set();
  for (const auto& [id, attendant] : attendants_) attendant.link->Send(order);
  if (tails_.filters() > 0) {
    tails_refresh_.Start(tails_.refresh_every());
  } else {
    tails_refresh_.Stop();
  }
}

}  // namespace terrella::control
