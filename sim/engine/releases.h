// Releases: which version answers which request on which node, when: deploys, and rollouts that go
// from wave to wave, or back, by what is answered.
//
// A rollout is the control plane's own (control_plane/waves): the same record, places, judge and
// shares, over the run's time. Nodes report four times a second, a wave is judged ten times a
// second, and what is decided is on the nodes a little later. A deploy without a rollout is
// everywhere at once.
//
// A node that is cut off from the control plane goes on with what it had.
//
// What it leaves out: nodes that refuse a version, and pauses and promotions by hand.
//
// Thread: Advance on one while nobody reads; else any.
// Invariants: eras are in the order of time, and those before `until` of the last Advance are
// final.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control_plane/waves/wave_run.h"
#include "sim/engine/history.h"
#include "sim/engine/options.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// One answer as its node counts it.
struct Served {
  Duration answered{};
  uint32_t took_us = 0;
  uint16_t kind = 0;     // index into Scenario::requests
  uint16_t version = 0;  // deploys before it
  bool bad = false;      // status 5xx
};

// The nodes, as Advance asks them.
class ServingNodes {
 public:
  virtual ~ServingNodes() = default;
  // Requests of the kinds since the run began.
  virtual uint64_t RequestsOf(size_t pop, const std::vector<bool>& of_kind) const = 0;
  // What was answered by `until` and not taken before.
  virtual std::vector<Served> TakeServed(size_t pop, Duration until) = 0;
};

class Releases {
 public:
  Releases(const Scenario& scenario, const EngineOptions& options, const History& history);
  ~Releases();

  // Who is served: a person with a key keeps the version while its share grows.
  struct Asker {
    net::CityId city = 0;
    uint32_t client = 0;
    uint64_t number = 0;  // of the request
  };
  // Deploys before the version that answers.
  uint16_t Pick(size_t pop, uint16_t kind, Duration time, const Asker& asker) const;

  // Whether there are rollouts: then Advance is due at each of Cuts(), and nodes count what they
  // serve while `collecting`.
  bool has_rollouts() const { return has_rollouts_; }
  bool collecting() const { return !running_.empty(); }
  std::vector<Duration> Cuts() const;
  // `until`: when it is called next.
  void Advance(Duration now, Duration until, ServingNodes& nodes);

  // Versions that there can be, the first included.
  size_t versions() const { return 1 + deploys_; }
  // Those of the timeline, as it came, and then what rollouts did.
  std::vector<EventRecord> Events() const;

 private:
  struct Deploy;
  struct Split;
  struct Era;
  struct Change;
  struct Rollout;
  class Counters;

  void Begin(const Deploy& deploy, Duration now, const ServingNodes& nodes);
  absl::Status BeginRollout(const Deploy& deploy, Duration now, const ServingNodes& nodes);
  void Report(Duration now, ServingNodes& nodes);
  void Judge(Rollout& rollout, Duration now);
  void Note(const v1::Rollout& record, Duration now);
  // What the record's wave makes of the splits, from `at` on.
  void Spread(const Rollout& rollout, const v1::Rollout& record, Duration at);
  void KeepOnTheDead(Duration at, Split& split) const;
  void Apply(Duration until);
  std::vector<control::WaveMember> Members(const Rollout* rollout, Duration now) const;

  const Scenario& scenario_;
  const EngineOptions& options_;
  const History& history_;
  bool has_rollouts_ = false;
  size_t deploys_ = 0;
  bool had_control_ = true;
  std::vector<Deploy> pending_;  // by time
  std::vector<Change> changes_;  // that are decided and not yet eras; by time
  std::vector<Era> eras_;
  ManualClock clock_;
  std::vector<std::unique_ptr<Rollout>> running_;
  std::vector<std::optional<std::string>> refused_;  // by event of the timeline: why
  std::vector<EventRecord> notes_;
};

}  // namespace terrella::sim
