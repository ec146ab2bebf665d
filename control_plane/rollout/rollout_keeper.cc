#include "control_plane/rollout/rollout_keeper.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "base/status.h"
#include "bundle/rollout_plan.h"
#include "bundle/version_shares.h"
#include "control_plane/access/call.h"

namespace terrella::control {
namespace {

constexpr std::string_view kPrefix = "rollout/";

std::string RowKey(const std::string& script, uint64_t number) {
  return fmt::format("{}{}/{:010}", kPrefix, script, number);
}

uint64_t NumberOfKey(const std::string& key) {
  return std::strtoull(key.substr(key.rfind('/') + 1).c_str(), nullptr, 10);
}

// A row that a deployment was committed with cannot say the revision of that: it has it.
absl::StatusOr<v1::Rollout> ReadRow(const Record& row) {
  v1::Rollout rollout;
  if (!rollout.ParseFromString(row.value)) return DataLoss("record {} is damaged", row.key);
  if (rollout.revision() == 0) rollout.set_revision(row.modified);
  return rollout;
}

std::string Short(const std::string& version) {
  return version.substr(0, 12);
}

absl::Status Runs(const v1::Rollout& rollout, std::string_view so) {
  return FailedPrecondition("rollout {} of version {} runs ({}); {}", rollout.id(),
                            Short(rollout.new_version()), WaveOf(rollout), so);
}

// Whether the refusal is a verdict on the code and not a node's own trouble.
bool IsVerdict(v1::Rejected::Code code) {
  return code == v1::Rejected::COMPILE || code == v1::Rejected::LIMIT;
}

}  // namespace

RolloutKeeper::RolloutKeeper(EventLoop& loop, const Clock& clock, StateStore& store,
                             Catalog& catalog, const Fleet& fleet, const NodeRegistry& registry,
                             Deployer& deployer, const RolloutLimits& limits)
    : clock_(clock),
      store_(store),
      catalog_(catalog),
      fleet_(fleet),
      registry_(registry),
      deployer_(deployer),
      limits_(limits),
      tick_(loop, [this] { Tick(); }) {
  deployer_.set_rollout_rules(this);
}

absl::Status RolloutKeeper::Load() {
  ASSIGN_OR_RETURN(RangeResult rows, store_.Range(kPrefix));
  for (const Record& row : rows.records) {
    ASSIGN_OR_RETURN(v1::Rollout rollout, ReadRow(row));
    last_number_[rollout.script()] = NumberOfKey(row.key);
    if (!IsRunning(rollout)) continue;
    LogInfo("rollout {} goes on: {}", rollout.id(), WaveOf(rollout));
    std::string script = rollout.script();
    running_.emplace(std::move(script),
                     Running{WaveRun(clock_, std::move(rollout)), row.key, row.modified, ""});
    tick_.Start(limits_.judge_every);
  }
  return absl::OkStatus();
}

absl::Status RolloutKeeper::Complete(DeployWish& wish) {
  const auto it = running_.find(wish.script);
  if (it == running_.end()) return wish.rollout_plan ? Begin(wish) : absl::OkStatus();
  const Running& running = it->second;
  if (wish.rollout_plan) {
    return Runs(
        running.rollout(),
        fmt::format("one at a time: 'terrella rollouts abort {0}' or 'promote {0}' first, or "
                    "'deploy --immediate', which takes its place at once",
                    wish.script));
  }
  if (!wish.way_back && !wish.immediate) {
    return Runs(
        running.rollout(),
        fmt::format("'deploy --immediate' takes its place at once, 'terrella rollouts abort "
                    "{}' ends it",
                    wish.script));
  }
  wish.end_split = true;
  wish.rollout = RolloutRow{running.key, running.modified, {}, running.rollout()};
  RolloutStep step{.kind = "superseded", .text = "a deploy took its place", .figures = {}};
  if (wish.way_back) {
    step.kind = "aborted";
    step.text = wish.versions.empty() ? "the script was deleted" : "a rollback by hand";
  }
  step.figures = running.run.verdict().figures;
  EndRollout(wish.way_back ? v1::Rollout::ABORTED : v1::Rollout::SUPERSEDED, step, NowMs(),
             wish.rollout->rollout);
  wish.note = fmt::format("rollout {} {}: {}", running.rollout().id(), step.kind, step.text);
  return absl::OkStatus();
}

absl::Status RolloutKeeper::Begin(DeployWish& wish) {
  RETURN_IF_ERROR(bundle::CheckRolloutPlan(*wish.rollout_plan));
  const v1::Resource* live = catalog_.DeploymentOf(wish.script);
  if (live == nullptr) {
    return NotFound("script '{}' is not deployed, so there is nothing to compare with",
                    wish.script);
  }
  if (bundle::IsSplit(live->deployment())) {
    return FailedPrecondition(
        "several versions of script '{}' share its requests; a rollout begins from one: "
        "'deploy --immediate --yes' gives the new one all of them, without a rollout",
        wish.script);
  }
  if (wish.versions.size() != 1) {
    return InvalidArgument("a rollout is of one version, got {}", wish.versions.size());
  }
  const std::string& version = wish.versions.front().version.id();
  if (version == live->deployment().version_id()) {
    // The same again, as a pipeline does; or with other routes, which come at once.
    wish.rollout_plan.reset();
    wish.note = "no rollout: the version had all requests already";
    return absl::OkStatus();
  }
  if (!wish.routes.empty() && wish.routes != catalog_.RoutesOf(wish.script)) {
    return FailedPrecondition(
        "the routes of '{}' would change, which happens at once and not in waves: deploy the "
        "version "
        "that answers with them first, or all at once by 'deploy --immediate'",
        wish.script);
  }
  RolloutRow& row = wish.rollout.emplace();
  const uint64_t number = last_number_[wish.script] + 1;
  row.key = RowKey(wish.script, number);
  if (number > limits_.rollouts_kept_max) {
    row.expired_key = RowKey(wish.script, number - limits_.rollouts_kept_max);
  }
  v1::Rollout& rollout = row.rollout;
  rollout.set_id(fmt::format("{}-r{}", wish.script, number));
  rollout.set_script(wish.script);
  rollout.set_new_version(version);
  rollout.set_old_version(live->deployment().version_id());
  *rollout.mutable_plan() = *wish.rollout_plan;
  rollout.set_message(wish.message);
  rollout.set_started_unix_ms(NowMs());
  RETURN_IF_ERROR(PlaceWaves(NodesFor(wish.script), *rollout.mutable_plan()));
  EnterWaveWith(MembersFor(rollout), 0,
                {.kind = "started", .text = WaveText(rollout.plan().waves(0)), .figures = {}},
                NowMs(), rollout);
  wish.note = fmt::format("rollout {}, {}", rollout.id(), WaveOf(rollout));
  return FillVersions(rollout, wish);
}

absl::Status RolloutKeeper::FillVersions(const v1::Rollout& rollout, DeployWish& wish) const {
  WaveShares shares = SharesIn(rollout);
  const bool everywhere = std::any_of(
      shares.base.begin(), shares.base.end(),
      [&](const v1::VersionShare& share) { return share.version_id() == rollout.new_version(); });
  if (!everywhere) {
    v1::VersionShare& share = *shares.base.insert(shares.base.begin(), v1::VersionShare());
    share.set_version_id(rollout.new_version());
  }
  wish.versions.clear();
  for (const v1::VersionShare& share : shares.base) {
    ASSIGN_OR_RETURN(VersionRecord record, catalog_.FindVersion(wish.script, share.version_id()));
    wish.versions.push_back({std::move(*record.mutable_version()), share.basis_points()});
  }
  wish.placed = std::move(shares.placed);
  wish.end_split = true;
  wish.migrate = false;
  return absl::OkStatus();
}

std::vector<WaveNode> RolloutKeeper::NodesFor(const std::string& script) const {
  std::vector<WaveNode> nodes;
  for (const NodeEntry* entry : registry_.Nodes()) {
    WaveNode& node = nodes.emplace_back();
    node.pop = entry->info.pop();
    node.continent = entry->info.continent();
    node.ready = entry->state() == v1::NODE_STATE_READY;
    if (auto it = traffic_.find({script, entry->info.id()}); it != traffic_.end()) {
      node.requests = it->second;
    }
  }
  return nodes;
}

std::string RolloutKeeper::WayBack(const std::string& script) const {
  const auto it = running_.find(script);
  return it == running_.end() ? "" : it->second.rollout().old_version();
}

void RolloutKeeper::Committed(const RolloutRow& row, const v1::DeployResponse& done) {
  const std::string& script = row.rollout.script();
  last_number_[script] = std::max(last_number_[script], NumberOfKey(row.key));
  v1::Rollout rollout = row.rollout;
  rollout.set_revision(done.revision());
  rollout.mutable_events()->rbegin()->set_deployment_id(done.deployment_id());
  const v1::RolloutEvent& event = *rollout.events().rbegin();
  LogInfo("rollout {}: {}: {}", rollout.id(), event.kind(), event.text());
  auto it = running_.find(script);
  if (it == running_.end()) {
    it = running_.emplace(script, Running{WaveRun(clock_, std::move(rollout)), row.key, 0, ""})
             .first;
  } else if (IsRunning(rollout)) {
    it->second.run.Begin(std::move(rollout));
  } else {
    it->second.run.Replace(std::move(rollout));
  }
  Running& running = it->second;
  running.modified = done.revision();
  running.trouble.clear();
  if (IsRunning(running.rollout())) return tick_.Start(limits_.judge_every);
  const v1::RolloutProgress end = ProgressOf(running);
  running_.erase(it);
  TellAll(end);
}

void RolloutKeeper::OnHeartbeat(const std::string& node, Revision acked,
                                const v1::Heartbeat& heartbeat) {
  if (traffic_.size() > limits_.traffic_entries_max) traffic_.clear();
  const NodeEntry* entry = registry_.Find(node);
  if (entry == nullptr) return;
  for (const v1::ScriptStats& stats : heartbeat.scripts()) {
    if (catalog_.DeploymentOf(stats.script()) == nullptr) continue;
    traffic_[{stats.script(), node}] += stats.requests();
  }
  for (auto& [script, running] : running_) {
    if (acked < running.rollout().revision()) continue;
    running.run.Report(node, {entry->info.pop(), entry->info.continent()}, heartbeat.scripts());
  }
}

void RolloutKeeper::Tick() {
  std::vector<std::string> scripts;
  for (const auto& [script, running] : running_) scripts.push_back(script);
  for (const std::string& script : scripts) {
    if (auto it = running_.find(script); it != running_.end()) Evaluate(it->second);
    if (auto it = running_.find(script); it != running_.end()) TellAll(ProgressOf(it->second));
  }
  if (!running_.empty()) tick_.Start(limits_.judge_every);
}

// May end the rollout, and `running` with it.
void RolloutKeeper::Evaluate(Running& running) {
  const WaveVerdict& verdict = running.run.Judge(MembersFor(running.rollout()));
  absl::Status done;
  if (verdict.kind == WaveVerdict::Kind::kTripped) {
    done = GoBack(running, v1::Rollout::ROLLED_BACK,
                  {.kind = "rolled back", .text = verdict.why, .figures = {}});
  } else if (verdict.kind == WaveVerdict::Kind::kPassed) {
    done = Advance(running, {.kind = "wave", .text = "", .figures = {}});
  }
  if (done.ok()) return;
  if (running.trouble.empty()) LogError("rollout {}: {}", running.rollout().id(), Message(done));
  running.trouble = Message(done);
}

std::vector<WaveMember> RolloutKeeper::MembersFor(const v1::Rollout& rollout) const {
  const std::string version = bundle::VersionName(rollout.script(), rollout.new_version());
  const std::string deployment = "deployment/" + rollout.script();
  std::vector<WaveMember> out;
  for (const NodeEntry* entry : registry_.Nodes()) {
    const std::string& id = entry->info.id();
    WaveMember& member = out.emplace_back();
    member.id = id;
    member.place = {entry->info.pop(), entry->info.continent()};
    member.connected = entry->connected;
    if (!member.connected) continue;
    const std::optional<Revision> acked = fleet_.AckedBy(id);
    member.has_wave = acked && rollout.revision() != 0 && *acked >= rollout.revision();
    for (const Rejection& one : fleet_.RejectionsOf(id)) {
      if (one.resource != version && one.resource != deployment) continue;
      member.has_wave = false;
      if (!IsVerdict(one.code)) continue;
      v1::NodeRejection& rejection = member.rejected.emplace_back();
      rejection.set_node(id);
      rejection.set_resource(one.resource);
      rejection.set_code(v1::Rejected::Code_Name(one.code));
      rejection.set_detail(one.detail);
    }
  }
  return out;
}

absl::Status RolloutKeeper::Step(Running& running, v1::Rollout next, bool way_back) {
  DeployWish wish;
  wish.script = next.script();
  wish.rollout = RolloutRow{running.key, running.modified, {}, next};
  if (way_back) {
    ASSIGN_OR_RETURN(VersionRecord old, catalog_.FindVersion(wish.script, next.old_version()));
    wish.versions = {{std::move(*old.mutable_version()), bundle::kAllRequests}};
    wish.end_split = true;
    wish.migrate = false;
  } else {
    RETURN_IF_ERROR(FillVersions(next, wish));
    if (!IsRunning(next)) wish.message = next.message();
  }
  const v1::RolloutEvent& event = *next.events().rbegin();
  wish.note =
      fmt::format("rollout {}, {}{}{}", next.id(), way_back ? event.kind() : WaveOf(next),
                  way_back && !event.text().empty() ? ": " : "", way_back ? event.text() : "");
  // Nobody called, the plan says so: then it is the control plane's own doing.
  std::shared_ptr<Call> call = CallScope::Current();
  if (call == nullptr || call->rule().trace == MethodRule::Trace::kNone) {
    call = Call::Own("Rollouts.ChangeRollout", wish.script, wish.note);
  }
  const CallScope scope(std::move(call));
  return deployer_.Carry(wish).status();
}

absl::Status RolloutKeeper::Advance(Running& running, RolloutStep step) {
  v1::Rollout next = running.rollout();
  const uint32_t wave = next.wave() + 1;
  std::string said = WaveText(next.plan().waves(static_cast<int>(wave)));
  if (!step.text.empty()) said += ": " + step.text;
  step.text = std::move(said);
  step.figures = running.run.verdict().figures;
  EnterWaveWith(MembersFor(next), wave, step, NowMs(), next);
  return Step(running, std::move(next), false);
}

absl::Status RolloutKeeper::GoBack(Running& running, v1::Rollout::State state, RolloutStep step) {
  v1::Rollout next = running.rollout();
  step.figures = running.run.verdict().figures;
  EndRollout(state, step, NowMs(), next);
  return Step(running, std::move(next), true);
}

absl::Status RolloutKeeper::Pause(Running& running, bool paused, RolloutStep step) {
  if ((running.rollout().state() == v1::Rollout::PAUSED) == paused) {
    return FailedPrecondition("rollout {} is {}", running.rollout().id(),
                              paused ? "paused already" : "not paused");
  }
  v1::Rollout next = running.rollout();
  SetPaused(paused, step, NowMs(), next);
  ASSIGN_OR_RETURN(const TxnResult done,
                   store_.Txn({.compares = {{running.key, running.modified}},
                               .ops = {Op::Put(running.key, next.SerializeAsString())}}));
  running.run.Replace(std::move(next));
  running.modified = done.revision;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<v1::Rollout>> RolloutKeeper::DoneBefore(
    const v1::ChangeRolloutRequest& request) const {
  const std::string& id = request.request_id();
  if (id.empty()) return std::nullopt;
  if (id.size() > limits_.request_id_bytes_max) {
    return InvalidArgument("a request id of {} bytes is over the limit of {}", id.size(),
                           limits_.request_id_bytes_max);
  }
  ASSIGN_OR_RETURN(v1::ListRolloutsResponse all, List(request.script()));
  for (v1::Rollout& rollout : *all.mutable_rollouts()) {
    for (const v1::RolloutEvent& event : rollout.events()) {
      if (event.request_id() == id) return std::move(rollout);
    }
  }
  return std::nullopt;
}

absl::StatusOr<v1::Rollout> RolloutKeeper::Change(const v1::ChangeRolloutRequest& request) {
  using Request = v1::ChangeRolloutRequest;
  ASSIGN_OR_RETURN(std::optional<v1::Rollout> before, DoneBefore(request));
  if (before) return *std::move(before);
  const auto it = running_.find(request.script());
  if (it == running_.end() ||
      (!request.rollout_id().empty() && it->second.rollout().id() != request.rollout_id())) {
    return NotFound("no rollout {}of script '{}' runs",
                    request.rollout_id().empty() ? "" : request.rollout_id() + " ",
                    request.script());
  }
  if (request.message().size() > limits_.message_bytes_max) {
    return InvalidArgument("a message of {} bytes is over the limit of {}",
                           request.message().size(), limits_.message_bytes_max);
  }
  Running& running = it->second;
  if (request.has_wave() && request.wave() != running.rollout().wave()) {
    return Aborted("rollout {} is not in wave {} any more but in {}", running.rollout().id(),
                   request.wave() + 1, WaveOf(running.rollout()));
  }
  const std::string id = running.rollout().id();
  RolloutStep step{
      .kind = "", .text = request.message(), .figures = {}, .request_id = request.request_id()};
  absl::Status done = InvalidArgument("{} is no change of a rollout", request.change());
  switch (request.change()) {
    case Request::PAUSE:
    case Request::RESUME:
      step.kind = request.change() == Request::PAUSE ? "paused" : "resumed";
      done = Pause(running, request.change() == Request::PAUSE, std::move(step));
      break;
    case Request::PROMOTE:
      step.kind = "promoted";
      done = Advance(running, std::move(step));
      break;
    case Request::ABORT:
      step.kind = "aborted";
      done = GoBack(running, v1::Rollout::ABORTED, std::move(step));
      break;
    default:
      break;
  }
  RETURN_IF_ERROR(done);
  return FindLast(request.script(), id);
}

absl::StatusOr<v1::ListRolloutsResponse> RolloutKeeper::List(const std::string& script) const {
  const std::string prefix =
      script.empty() ? std::string(kPrefix) : fmt::format("{}{}/", kPrefix, script);
  ASSIGN_OR_RETURN(RangeResult rows, store_.Range(prefix));
  v1::ListRolloutsResponse response;
  for (const Record& row : rows.records) {
    ASSIGN_OR_RETURN(*response.add_rollouts(), ReadRow(row));
    response.mutable_rollouts()->rbegin()->clear_wave_nodes();
  }
  std::stable_sort(response.mutable_rollouts()->begin(), response.mutable_rollouts()->end(),
                   [](const v1::Rollout& a, const v1::Rollout& b) {
                     return a.started_unix_ms() > b.started_unix_ms();
                   });
  return response;
}

absl::StatusOr<v1::Rollout> RolloutKeeper::FindLast(const std::string& script,
                                                    const std::string& rollout_id) const {
  ASSIGN_OR_RETURN(v1::ListRolloutsResponse all, List(script));
  for (v1::Rollout& rollout : *all.mutable_rollouts()) {
    if (rollout_id.empty() || rollout.id() == rollout_id) return std::move(rollout);
  }
  if (rollout_id.empty()) return NotFound("script '{}' has had no rollout", script);
  return NotFound("script '{}' has no rollout {}", script, rollout_id);
}

v1::RolloutProgress RolloutKeeper::ProgressOf(const Running& running) const {
  using Kind = WaveVerdict::Kind;
  v1::RolloutProgress progress;
  *progress.mutable_rollout() = running.rollout();
  progress.mutable_rollout()->clear_wave_nodes();
  if (!IsRunning(running.rollout())) {
    progress.set_phase(v1::RolloutProgress::ENDED);
    progress.set_why(running.rollout().events().rbegin()->text());
    return progress;
  }
  const WaveVerdict& verdict = running.run.verdict();
  const bool paused = running.rollout().state() == v1::Rollout::PAUSED;
  progress.set_phase(paused                              ? v1::RolloutProgress::PAUSED
                     : verdict.kind == Kind::kConverging ? v1::RolloutProgress::CONVERGING
                     : verdict.kind == Kind::kBaking     ? v1::RolloutProgress::BAKING
                                                         : v1::RolloutProgress::HOLDING);
  progress.set_why(running.trouble.empty() ? verdict.why : running.trouble);
  progress.set_bake_left_ms(static_cast<uint64_t>(ToMs(verdict.bake_left)));
  *progress.mutable_figures() = verdict.figures;
  v1::Convergence& convergence = *progress.mutable_convergence();
  convergence.set_revision(running.rollout().revision());
  convergence.set_total(static_cast<uint32_t>(running.run.nodes().connected));
  convergence.set_acked(
      static_cast<uint32_t>(running.run.nodes().connected - running.run.nodes().lagging.size()));
  convergence.mutable_lagging()->Assign(running.run.nodes().lagging.begin(),
                                        running.run.nodes().lagging.end());
  convergence.mutable_rejected()->Assign(running.run.nodes().rejected.begin(),
                                         running.run.nodes().rejected.end());
  convergence.set_complete(running.run.nodes().lagging.empty());
  return progress;
}

absl::StatusOr<RolloutKeeper::WatcherId> RolloutKeeper::Watch(
    const v1::WatchRolloutRequest& request, ProgressCallback callback) {
  Watcher watcher{request.script(), request.rollout_id(), std::move(callback), {}};
  v1::RolloutProgress progress;
  const auto it = running_.find(request.script());
  if (it != running_.end() &&
      (watcher.rollout_id.empty() || it->second.rollout().id() == watcher.rollout_id)) {
    progress = ProgressOf(it->second);
  } else {
    ASSIGN_OR_RETURN(v1::Rollout last, FindLast(watcher.script, watcher.rollout_id));
    progress.set_why(last.events().empty() ? "" : last.events().rbegin()->text());
    *progress.mutable_rollout() = std::move(last);
    progress.set_phase(v1::RolloutProgress::ENDED);
  }
  watcher.rollout_id = progress.rollout().id();
  const WatcherId id = ++last_watcher_;
  if (Tell(watcher, progress)) watchers_.emplace(id, std::move(watcher));
  return id;
}

bool RolloutKeeper::Tell(Watcher& watcher, const v1::RolloutProgress& progress) {
  if (watcher.rollout_id != progress.rollout().id()) return true;
  v1::RolloutProgress calm = progress;
  calm.mutable_figures()->clear_window_ms();
  calm.set_bake_left_ms(progress.bake_left_ms() / 1000);
  std::string bytes = calm.SerializeAsString();
  if (bytes != watcher.told) {
    watcher.told = std::move(bytes);
    watcher.callback(progress);
  }
  return progress.phase() != v1::RolloutProgress::ENDED;
}

void RolloutKeeper::TellAll(const v1::RolloutProgress& progress) {
  for (auto it = watchers_.begin(); it != watchers_.end();) {
    it = Tell(it->second, progress) ? std::next(it) : watchers_.erase(it);
  }
}

}  // namespace terrella::control
