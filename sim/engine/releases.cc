#include "sim/engine/releases.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "base/histogram.h"
#include "base/random.h"
#include "base/status.h"
#include "control_plane/waves/wave_plan.h"
#include "sim/scenario/person.h"

namespace terrella::sim {
namespace {

constexpr Duration kStep = std::chrono::milliseconds(50);  // of all that a rollout does
constexpr Duration kBeat = std::chrono::milliseconds(250);
constexpr Duration kJudgeEvery = std::chrono::milliseconds(100);
constexpr uint64_t kRayStream = 0x726179;

Duration RoundUp(Duration time) {
  return (time + kStep - Duration(1)) / kStep * kStep;
}

// Nodes began at different times.
bool IsBeat(size_t pop, Duration now) {
  return (now + kStep * static_cast<int64_t>(pop)) % kBeat == Duration(0);
}

int64_t UnixMsAt(Duration now) {
  return static_cast<int64_t>(ToMs(now)) + 1;  // 0 is "never" in a record
}

}  // namespace

struct Releases::Deploy {
  size_t event = 0;  // of the timeline
  uint16_t version = 0;
  Duration done{};
};

struct Releases::Split {
  std::string script;
  uint16_t new_version = 0;
  std::vector<bool> of_kind;
  std::vector<uint32_t> basis_points;  // of the new version, by PoP
};

struct Releases::Era {
  Duration from{};
  std::vector<uint16_t> versions;  // by kind, of all requests that no split gives a new one
  std::vector<Split> splits;
};

struct Releases::Change {
  Duration at{};
  std::function<void(Era&)> apply;
};

struct Releases::Rollout {
  control::WaveRun run;
  uint16_t old_version = 0, new_version = 0;
  std::vector<bool> of_kind;
  Duration in_force{};  // since then nodes have the wave
};

// What one node counted for one rollout: of the old version and of the new one.
class Releases::Counters {
 public:
  Counters(const Rollout& rollout, const std::vector<Served>& served) : rollout_(rollout) {
    for (const Served& one : served) {
      if (!rollout.of_kind[one.kind]) continue;
      if (one.version == rollout.new_version) new_.Add(one);
      if (one.version == rollout.old_version) old_.Add(one);
    }
  }
  std::vector<v1::ScriptStats> Stats() const {
    const v1::Rollout& record = rollout_.run.rollout();
    return {new_.Stats(record.script(), record.new_version()),
            old_.Stats(record.script(), record.old_version())};
  }

 private:
  struct Counts {
    uint64_t requests = 0, bad = 0;
    Histogram latency_us;

    void Add(const Served& one) {
      ++requests;
      bad += one.bad;
      latency_us.Add(one.took_us);
    }
    v1::ScriptStats Stats(const std::string& script, const std::string& version) const {
      v1::ScriptStats out;
      out.set_script(script);
      out.set_version_id(version);
      out.set_requests(requests);
      out.set_responses_5xx(bad);
      out.mutable_latency_us_buckets()->Assign(latency_us.buckets().begin(),
                                               latency_us.buckets().end());
      return out;
    }
  };
  const Rollout& rollout_;
  Counts new_, old_;
};

Releases::Releases(const Scenario& scenario, const EngineOptions& options, const History& history)
    : scenario_(scenario),
      options_(options),
      history_(history),
      refused_(scenario.timeline.size()) {
  eras_.push_back({.versions = std::vector<uint16_t>(scenario.requests.size()), .splits = {}});
  for (size_t i = 0; i < scenario.timeline.size(); ++i) {
    const TimelineEvent& event = scenario.timeline[i];
    if (event.action != TimelineEvent::Action::kDeploy) continue;
    ++deploys_;
    const EventRecord& record = history.events()[i];
    if (!record.ok) continue;
    has_rollouts_ |= event.rollout != nullptr;
    pending_.push_back({i, static_cast<uint16_t>(deploys_), record.at + record.took});
  }
  // Until the first rollout nothing depends on what is answered.
  while (!pending_.empty() && !scenario.timeline[pending_.front().event].rollout) {
    const Deploy deploy = pending_.front();
    pending_.erase(pending_.begin());
    Era& era = eras_.emplace_back(eras_.back());
    era.from = deploy.done;
    for (size_t kind = 0; kind < era.versions.size(); ++kind) {
      if (!IsDeployOf(scenario.timeline[deploy.event], scenario.requests[kind])) continue;
      era.versions[kind] = deploy.version;
    }
  }
}

Releases::~Releases() = default;

std::vector<Duration> Releases::Cuts() const {
  std::vector<Duration> out;
  if (pending_.empty()) return out;
  for (Duration at = RoundUp(pending_.front().done); at < scenario_.duration; at += kStep) {
    out.push_back(at);
  }
  return out;
}

uint16_t Releases::Pick(size_t pop, uint16_t kind, Duration time, const Asker& asker) const {
  const auto next =
      std::upper_bound(eras_.begin(), eras_.end(), history_.HeardOf(pop, time),
                       [](Duration at, const Era& candidate) { return at < candidate.from; });
  const Era& era = *std::prev(next);
  for (const Split& split : era.splits) {
    if (!split.of_kind[kind] || split.basis_points[pop] == 0) continue;
    const std::string key =
        scenario_.clients.sticky
            ? VersionKeyOf(asker.city, asker.client)
            : fmt::format("{:016x}",
                          CounterRandom(scenario_.seed, kRayStream, asker.number).Next());
    const std::string& place_of =
        options_.times.waves_move_keys ? fmt::format("{}{}", split.basis_points[pop], key) : key;
    if (bundle::PlaceOfKey(split.script, place_of) < split.basis_points[pop]) {
      return split.new_version;
    }
  }
  return era.versions[kind];
}

void Releases::Advance(Duration now, Duration until, ServingNodes& nodes) {
  clock_.Advance(now - clock_.Now().time_since_epoch());
  const bool has_control = history_.ControlAt(now);
  if (has_control && !had_control_) {
    // It reads where rollouts stand, and judges their waves anew.
    for (const auto& rollout : running_) rollout->run.Begin(rollout->run.rollout());
  }
  had_control_ = has_control;
  while (!pending_.empty() && pending_.front().done <= now) {
    const Deploy deploy = pending_.front();
    pending_.erase(pending_.begin());
    Begin(deploy, now, nodes);
  }
  if (has_control) Report(now, nodes);
  if (has_control && now % kJudgeEvery == Duration(0)) {
    for (const auto& rollout : running_) Judge(*rollout, now);
    std::erase_if(running_,
                  [](const auto& one) { return !control::IsRunning(one->run.rollout()); });
  }
  Apply(until);
}

void Releases::Begin(const Deploy& deploy, Duration now, const ServingNodes& nodes) {
  const TimelineEvent& event = scenario_.timeline[deploy.event];
  for (const auto& rollout : running_) {
    const std::string& script = rollout->run.rollout().script();
    if (script != event.script && !script.empty() && !event.script.empty()) continue;
    refused_[deploy.event] = fmt::format("rollout {} runs", rollout->run.rollout().id());
    return;
  }
  if (event.rollout) {
    if (const absl::Status begun = BeginRollout(deploy, now, nodes); !begun.ok()) {
      refused_[deploy.event] = Message(begun);
    }
    return;
  }
  changes_.push_back({now, [this, &event, version = deploy.version](Era& era) {
                        for (size_t kind = 0; kind < era.versions.size(); ++kind) {
                          if (IsDeployOf(event, scenario_.requests[kind])) {
                            era.versions[kind] = version;
                          }
                        }
                      }});
}

absl::Status Releases::BeginRollout(const Deploy& deploy, Duration now, const ServingNodes& nodes) {
  const TimelineEvent& event = scenario_.timeline[deploy.event];
  std::vector<bool> of_kind;
  std::optional<uint16_t> old_version;
  const Era& newest = eras_.back();
  for (size_t kind = 0; kind < scenario_.requests.size(); ++kind) {
    of_kind.push_back(IsDeployOf(event, scenario_.requests[kind]));
    if (of_kind.back()) old_version = newest.versions[kind];
  }
  if (!old_version) return NotFound("nobody asks for script '{}'", event.script);
  std::vector<control::WaveNode> places;
  for (size_t pop = 0; pop < options_.pops.size(); ++pop) {
    const net::PopSite& site = options_.pops[pop];
    places.push_back({.pop = site.iata,
                      .continent = std::string(net::ContinentCode(site.continent)),
                      .ready = history_.At(pop, now).believed() == dns::NodeState::kReady,
                      .requests = nodes.RequestsOf(pop, of_kind)});
  }
  v1::Rollout record;
  record.set_script(event.script);
  record.set_id(fmt::format("{}-r{}", event.script, deploy.version));
  record.set_new_version(std::to_string(deploy.version));
  record.set_old_version(std::to_string(*old_version));
  record.set_started_unix_ms(UnixMsAt(now));
  *record.mutable_plan() = *event.rollout;
  RETURN_IF_ERROR(control::PlaceWaves(places, *record.mutable_plan()));
  control::EnterWaveWith(
      Members(nullptr, now), 0,
      {.kind = "started", .text = control::WaveText(record.plan().waves(0)), .figures = {}},
      UnixMsAt(now), record);
  running_.push_back(std::unique_ptr<Rollout>(new Rollout{
      control::WaveRun(clock_, record), *old_version, deploy.version, std::move(of_kind), now}));
  Note(record, now);
  Spread(*running_.back(), record, now);
  return absl::OkStatus();
}

// Beats, and whoever has changed over to a wave.
void Releases::Report(Duration now, ServingNodes& nodes) {
  if (running_.empty()) return;
  const bool changed = std::any_of(running_.begin(), running_.end(),
                                   [&](const auto& one) { return one->in_force == now; });
  for (size_t pop = 0; pop < options_.pops.size(); ++pop) {
    const NodeMoment& node = history_.At(pop, now);
    if (!node.alive || !node.connected || node.apart() || !(changed || IsBeat(pop, now))) continue;
    const std::vector<Served> served = nodes.TakeServed(pop, now);
    const net::PopSite& site = options_.pops[pop];
    for (const auto& rollout : running_) {
      if (now < rollout->in_force) continue;
      rollout->run.Report(site.iata, {site.iata, net::ContinentCode(site.continent)},
                          Counters(*rollout, served).Stats());
    }
  }
}

void Releases::Judge(Rollout& rollout, Duration now) {
  using Kind = control::WaveVerdict::Kind;
  const control::WaveVerdict verdict = rollout.run.Judge(Members(&rollout, now));
  if (verdict.kind != Kind::kTripped && verdict.kind != Kind::kPassed) return;
  v1::Rollout next = rollout.run.rollout();
  if (verdict.kind == Kind::kTripped) {
    control::EndRollout(v1::Rollout::ROLLED_BACK,
                        {.kind = "rolled back", .text = verdict.why, .figures = verdict.figures},
                        UnixMsAt(now), next);
  } else {
    const uint32_t wave = next.wave() + 1;
    control::EnterWaveWith(Members(nullptr, now), wave,
                           {.kind = "wave",
                            .text = control::WaveText(next.plan().waves(static_cast<int>(wave))),
                            .figures = verdict.figures},
                           UnixMsAt(now), next);
  }
  rollout.in_force = RoundUp(now + options_.times.wave);
  Note(next, now);
  Spread(rollout, next, rollout.in_force);
  if (control::IsRunning(next)) {
    rollout.run.Begin(std::move(next));
  } else {
    rollout.run.Replace(std::move(next));
  }
}

void Releases::Note(const v1::Rollout& record, Duration now) {
  const v1::RolloutEvent& event = *record.events().rbegin();
  notes_.push_back({.at = now,
                    .action = fmt::format("{}{}", kRolloutAction, event.kind()),
                    .target = record.script(),
                    .detail = event.text()});
}

void Releases::Spread(const Rollout& rollout, const v1::Rollout& record, Duration at) {
  Split split{.script = record.script(),
              .new_version = rollout.new_version,
              .of_kind = rollout.of_kind,
              .basis_points = {}};
  const bool done = record.state() == v1::Rollout::DONE;
  if (options_.times.rollback_misses_the_dead && !control::IsRunning(record) && !done) {
    KeepOnTheDead(at, split);
  }
  if (control::IsRunning(record)) {
    const control::WaveShares shares = control::SharesIn(record);
    v1::Deployment deployment;
    deployment.mutable_shares()->Assign(shares.base.begin(), shares.base.end());
    deployment.mutable_placed()->Assign(shares.placed.begin(), shares.placed.end());
    for (const net::PopSite& site : options_.pops) {
      uint32_t& basis_points = split.basis_points.emplace_back();
      for (const v1::VersionShare& share :
           bundle::SharesAt(deployment, {site.iata, net::ContinentCode(site.continent)})) {
        if (share.version_id() == record.new_version()) basis_points = share.basis_points();
      }
    }
  }
  changes_.push_back({at, [split = std::move(split), done](Era& era) {
                        std::erase_if(era.splits, [&](const Split& other) {
                          return other.new_version == split.new_version;
                        });
                        if (!split.basis_points.empty()) era.splits.push_back(split);
                        for (size_t kind = 0; done && kind < era.versions.size(); ++kind) {
                          if (split.of_kind[kind]) era.versions[kind] = split.new_version;
                        }
                      }});
}

// The mistake: as if only those were told who are there.
void Releases::KeepOnTheDead(Duration at, Split& split) const {
  for (const Split& before : eras_.back().splits) {
    if (before.new_version != split.new_version) continue;
    for (size_t pop = 0; pop < options_.pops.size(); ++pop) {
      const bool told = history_.At(pop, at).alive;
      split.basis_points.push_back(told ? 0 : before.basis_points[pop]);
    }
  }
}

void Releases::Apply(Duration until) {
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  size_t applied = 0;
  for (; applied < changes_.size() && changes_[applied].at < until; ++applied) {
    const Change& change = changes_[applied];
    CHECK(change.at >= eras_.back().from);
    if (change.at != eras_.back().from) {
      Era next = eras_.back();
      next.from = change.at;
      eras_.push_back(std::move(next));
    }
    change.apply(eras_.back());
  }
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<ptrdiff_t>(applied));
}

// Of no rollout: nobody has its wave.
std::vector<control::WaveMember> Releases::Members(const Rollout* rollout, Duration now) const {
  std::vector<control::WaveMember> out;
  for (size_t pop = 0; pop < options_.pops.size(); ++pop) {
    const net::PopSite& site = options_.pops[pop];
    const NodeMoment& node = history_.At(pop, now);
    out.push_back({.id = site.iata,
                   .place = {site.iata, net::ContinentCode(site.continent)},
                   .connected = node.connected,
                   .has_wave = rollout != nullptr && node.alive && !node.apart() &&
                               now >= rollout->in_force});
  }
  return out;
}

std::vector<EventRecord> Releases::Events() const {
  std::vector<EventRecord> out(history_.events().begin(), history_.events().end());
  for (size_t i = 0; i < out.size(); ++i) {
    if (!refused_[i]) continue;
    out[i].ok = false;
    out[i].detail = *refused_[i];
  }
  out.insert(out.end(), notes_.begin(), notes_.end());
  return out;
}

}  // namespace terrella::sim
