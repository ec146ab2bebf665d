#include "edge_node/control/node_agent.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::edge {
namespace {

uint64_t ResidentBytes() {
  // /proc/self/statm: total and resident pages.
  unsigned long total = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return uint64_t{resident} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

NodeAgent::NodeAgent(EventLoop& loop, Options options, std::unique_ptr<Applier> applier,
                     std::unique_ptr<BlobStore> blobs, std::unique_ptr<LastKnownGood> saved,
                     std::unique_ptr<SyncTransport> transport, ServingSide& serving)
    : loop_(loop),
      options_(std::move(options)),
      serving_(serving),
      blobs_(std::move(blobs)),
      saved_(std::move(saved)),
      applier_(std::move(applier)),
      transport_(std::move(transport)),
      jitter_(RandomU64()),
      revision_for_hello_(applier_->revision()),
      connect_(loop, [this] { Connect(); }),
      impatience_(loop, [this] { LosePatience(); }),
      build_(loop, [this] { BuildStep(); }),
      beat_(loop, [this] { Beat(); }),
      sync_(loop, [this] { SyncDisk(); }),
      trials_(loop, options_.check) {
  if (transport_ != nullptr) transport_->set_observer(this);
}

NodeAgent::~NodeAgent() {
  trials_.Cancel();
  applier_->Abandon();
  if (sync_.active()) SyncDisk();
}

void NodeAgent::Start() {
  if (transport_ != nullptr) Connect();
}

void NodeAgent::Connect() {
  ++stream_serial_;
  // Hundreds of nodes that fail and try again take the processors that a control plane needs which
  // is being started again. Now and then one attempt fails all the same, to tell why.
  patient_ = std::exchange(heard_, false) || (failures_ > 0 && !patient_);
  if (patient_) impatience_.Start(options_.limits.patience);
  beats_ = 0;
  transport_->Open(patient_);
  v1::NodeMessage message;
  v1::Hello& hello = *message.mutable_hello();
  *hello.mutable_node() = options_.info;
  hello.set_cluster(options_.cluster);
  hello.set_store_epoch(applier_->store_epoch());
  hello.set_revision(revision_for_hello_);
  hello.set_sealing_key(options_.sealing_key);
  transport_->Send(message);
  connected_ = true;
  if (!beat_.active()) beat_.Start(options_.limits.heartbeat_every);
}

void NodeAgent::LosePatience() {
  transport_->Close();
  Connect();
}

void NodeAgent::OnStreamClosed(const absl::Status& status) {
  connected_ = false;
  impatience_.Stop();
  waiting_.clear();
  if (applier_->busy() && !activating_) {
    transport_->CancelFetches();
    build_.Stop();
    trials_.Cancel();
    fetching_ = 0;
    applier_->Abandon();
  }
  if (heard_) failures_ = 0;
  if (heard_ || last_error_ != Message(status)) {
    LogWarn("control plane: {}; serving revision {} meanwhile", Message(status),
            applier_->revision());
    last_error_ = Message(status);
  }
  const AgentLimits& limits = options_.limits;
  Duration backoff = limits.backoff_min * (int64_t{1} << std::min(failures_++, 10));
  backoff = std::min(backoff, limits.backoff_max);
  // Half fixed, half random: a thousand nodes must not come back in one moment.
  connect_.Start(backoff / 2 + FromMs(ToMs(backoff) / 2 * jitter_.Uniform()));
}

void NodeAgent::OnPush(v1::Push push) {
  if (!heard_) LogInfo("control plane: connected at revision {}", applier_->revision());
  heard_ = true;
  impatience_.Stop();
  last_error_.clear();
  if (push.has_directive()) Direct(push.directive());
  if (!applier_->busy() && !activating_) return Begin(std::move(push));
  // What the last stream left behind may still be activating, but a peer waits for each report.
  if (waiting_.size() < options_.limits.waiting_max) return waiting_.push_back(std::move(push));
  transport_->Close();
  OnStreamClosed(
      ResourceExhausted("{} pushes came before the report on the first", waiting_.size() + 1));
}

// At once, whatever is in work.
void NodeAgent::Direct(const v1::Directive& directive) {
  if (directive.drain() == told_to_drain_) return;
  told_to_drain_ = directive.drain();
  LogInfo("{}", told_to_drain_ ? "told to drain" : "told to take clients again");
  serving_.SetLeaving(told_to_drain_);
  Beat();
}

void NodeAgent::Begin(v1::Push push) {
  push_started_ = loop_.Now();
  applier_->Start(std::move(push));
  next_fetch_ = 0;
  FetchMore();
}

void NodeAgent::FetchMore() {
  const std::vector<MissingBlob>& missing = applier_->missing();
  while (next_fetch_ < missing.size() && fetching_ < options_.limits.fetches_max) {
    ++fetching_;
    FetchFrom(missing[next_fetch_++], {}, 1);
  }
  if (fetching_ == 0) BuildStep();
}

void NodeAgent::FetchFrom(const MissingBlob& blob, std::string got, int attempt) {
  const uint64_t offset = got.size();
  transport_->Fetch(
      blob.sha256, offset, blob.size_bytes - std::min(offset, blob.size_bytes),
      [this, blob, got = std::move(got), attempt](absl::Status status, std::string bytes) mutable {
        got += bytes;
        if (!status.ok() && !absl::IsDataLoss(status) && !absl::IsNotFound(status) &&
            attempt < options_.limits.fetch_attempts_max) {
          return FetchFrom(blob, std::move(got), attempt + 1);
        }
        if (status.ok()) {
          applier_->AddBlob(blob.sha256, std::move(got));
        } else {
          applier_->FailBlob(blob.sha256, std::move(status));
        }
        --fetching_;
        FetchMore();
      });
}

void NodeAgent::BuildStep() {
  switch (applier_->BuildNext()) {
    case Applier::Step::kNext:
      // One a turn: heartbeats go out between two large ones.
      return build_.Start(Duration(0));
    case Applier::Step::kTrial:
      return trials_.Try(applier_->on_trial(), [this](const absl::Status& verdict) {
        applier_->EndTrial(verdict);
        BuildStep();
      });
    case Applier::Step::kDone:
      return Activate();
  }
}

void NodeAgent::Activate() {
  auto outcome = std::make_shared<Applier::Outcome>(applier_->Finish());
  if (outcome->state == nullptr) {
    ReportTrial(std::move(*outcome));
    return BeginWaiting();
  }
  activating_ = true;
  const uint64_t serial = stream_serial_;
  auto swapped = [this, outcome, serial, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    activating_ = false;
    if (serial == stream_serial_ && connected_) {
      Report(std::move(*outcome));
    } else {
      revision_for_hello_ = outcome->try_again ? revision_for_hello_ : outcome->state->revision;
    }
    BeginWaiting();
  };
  serving_.Activate(outcome->state, std::move(swapped));
  // While the shards swap; a reader after a crash sees the old copy or the new one.
  v1::Push snapshot = applier_->Snapshot();
  if (outcome->try_again) snapshot.set_revision(revision_for_hello_);
  Save(snapshot);
}

void NodeAgent::BeginWaiting() {
  if (waiting_.empty()) return;
  v1::Push next = std::move(waiting_.front());
  waiting_.pop_front();
  Begin(std::move(next));
}

void NodeAgent::Save(const v1::Push& snapshot) {
  const AgentLimits& limits = options_.limits;
  const MonotonicTime now = loop_.Now();
  if (!sync_.active()) unsynced_since_ = now;
  sync_.Start(std::min(limits.sync_after, unsynced_since_ + limits.sync_latest - now));
  if (absl::Status saved = saved_->Save(snapshot); !saved.ok()) {
    return LogError("the state is not kept: {}", Message(saved));
  }
  std::set<std::string> before =
      std::exchange(code_saved_[saved_->newest()], applier_->CodeInUse());
  for (const std::set<std::string>& code : code_saved_) {
    std::erase_if(before, [&](const std::string& hash) { return code.contains(hash); });
  }
  if (before.empty()) return;
  const std::set<std::string> used = applier_->BlobsInUse();
  for (const std::string& hash : before) {
    if (!used.contains(hash)) blobs_->Retire(hash);
  }
}

void NodeAgent::Report(Applier::Outcome outcome) {
  if (!outcome.try_again) revision_for_hello_ = outcome.report.revision();
  const int refused = outcome.report.rejected_size();
  v1::NodeMessage message;
  *message.mutable_report() = std::move(outcome.report);
  transport_->Send(message);
  LogInfo("revision {} applied in {:.1f} ms: {} scripts, {} routes{}", outcome.state->revision,
          ToMs(loop_.Now() - push_started_), outcome.state->scripts.size(),
          outcome.state->routes.size(), refused == 0 ? "" : fmt::format(", {} refused", refused));
  // What was counted under the shares of before is told apart from what comes now.
  if (applier_->watched()) Beat();
}

void NodeAgent::ReportTrial(Applier::Outcome outcome) {
  LogInfo("trial took {:.1f} ms, {} refused", ToMs(loop_.Now() - push_started_),
          outcome.report.rejected_size());
  v1::NodeMessage message;
  *message.mutable_report() = std::move(outcome.report);
  transport_->Send(message);
}

void NodeAgent::Beat() {
  if (transport_ == nullptr) return;
  beat_.Start(applier_->watched() ? options_.limits.heartbeat_every_watched
                                  : options_.limits.heartbeat_every);
  // What was counted is not given to a stream that may never be.
  const bool waits = patient_ && !heard_;
  if (!connected_ || waits || transport_->unsent() > options_.limits.unsent_max) return;
  serving_.TakeReport([this, alive = std::weak_ptr(alive_)](ShardReport report) {
    if (!alive.expired()) SendBeat(report);
  });
}

void NodeAgent::SendBeat(const ShardReport& report) {
  v1::NodeMessage message;
  v1::Heartbeat& beat = *message.mutable_heartbeat();
  beat.set_seq(++beats_);
  beat.set_draining(stopping_ || told_to_drain_);
  beat.set_rss_bytes(ResidentBytes());
  beat.set_load(report.load);
  beat.set_in_flight(static_cast<uint32_t>(report.in_flight));
  beat.set_isolates(static_cast<uint32_t>(report.isolates));
  beat.set_abandoned_isolates(static_cast<uint32_t>(report.abandoned_isolates));
  auto add = [&](const CountersByVersion::value_type& entry, bool chosen) {
    const auto& [key, counters] = entry;
    v1::ScriptStats& stats = *beat.add_scripts();
    stats.set_chosen(chosen);
    stats.set_script(key.first);
    stats.set_version_id(key.second);
    stats.set_requests(counters.requests);
    stats.set_errors(counters.errors);
    stats.set_responses_5xx(counters.responses_5xx);
    stats.set_cpu_limit_kills(counters.cpu_limit_kills);
    stats.set_body_bytes(counters.body_bytes);
    stats.set_cold_starts(counters.cold_starts);
    stats.set_subrequests(counters.subrequests);
    for (size_t i = 0; i < counters.failures.size(); ++i) {
      if (counters.failures[i] == 0) continue;
      v1::FailureCount& failure = *stats.add_failures();
      failure.set_kind(std::string(report.failure_names[i]));
      failure.set_count(counters.failures[i]);
    }
    for (const CountryCounter& counter : counters.countries) {
      v1::CountryCount& country = *stats.add_countries();
      country.set_country(std::string(counter.country.data(), counter.country.size()));
      country.set_requests(counter.requests);
      country.set_errors(counter.errors);
    }
    const auto& cpu = counters.cpu_us.buckets();
    stats.mutable_cpu_us_buckets()->Assign(cpu.begin(), cpu.end());
    stats.set_scheduled_runs(counters.scheduled_runs);
    stats.set_scheduled_failures(counters.scheduled_failures);
    stats.set_cpu_us(static_cast<uint64_t>(counters.cpu.count() / 1000));
    const auto& buckets = counters.latency_us.buckets();
    stats.mutable_latency_us_buckets()->Assign(buckets.begin(), buckets.end());
  };
  for (const auto& entry : report.scripts) add(entry, false);
  for (const auto& entry : report.chosen) add(entry, true);
  transport_->Send(message);
}

void NodeAgent::AnnounceDrain() {
  stopping_ = true;
  Beat();
}

void NodeAgent::SyncDisk() {
  if (applier_->busy()) return sync_.Start(options_.limits.sync_after);
  std::set<std::string> keep = applier_->BlobsInUse();
  for (const std::set<std::string>& code : code_saved_) keep.insert(code.begin(), code.end());
  const size_t removed = blobs_->Prune(keep);
  if (removed > 0) LogInfo("deleted {} blobs no version needs", removed);
  // What was deleted need not be made durable first.
  blobs_->Sync();
  saved_->Sync();
}

}  // namespace terrella::edge
