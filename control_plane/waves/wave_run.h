// WaveRun: a rollout between two of its steps: which nodes are of the wave, whose reports count,
// and what the judge says of them.
//
// It decides; whoever owns it does: the control plane commits what a step makes of the record
// (control_plane/rollout/rollout_keeper.h), virtual time writes it down (sim/engine/releases.h).
// A node's report counts from its second one under the wave's shares on, because the first was
// counted in part before.
//
// Thread: one. Pure: time comes from the clock it is given, which outlives it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bundle/version_shares.h"
#include "control_plane/waves/rollout_record.h"
#include "control_plane/waves/wave_judge.h"
#include "control_plane/waves/wave_plan.h"

namespace terrella::control {

// One node of the network as the control plane knows it, whether or not it is of the wave.
struct WaveMember {
  std::string id;
  bundle::NodePlace place;
  bool connected = false;
  bool has_wave = false;  // it acknowledged the revision that brought the wave, and refused nothing
  std::vector<v1::NodeRejection> rejected = {};  // its verdicts on the code
};

class WaveRun {
 public:
  WaveRun(const Clock& clock, v1::Rollout rollout) : clock_(clock) { Begin(std::move(rollout)); }

  // The record as a step has left it. The wave begins, on figures of its own.
  void Begin(v1::Rollout rollout);
  // The record changed within the wave: paused, or running again.
  void Replace(v1::Rollout rollout) { rollout_ = std::move(rollout); }

  const v1::Rollout& rollout() const { return rollout_; }
  const WaveNodes& nodes() const { return nodes_; }
  const WaveVerdict& verdict() const { return verdict_; }

  // Counters of a node that had the wave's shares when it counted them, of any scripts.
  template <class AllStats>
  void Report(const std::string& node, const bundle::NodePlace& place, const AllStats& scripts) {
    if (!InWaves(rollout_, place) || counting_.insert(node).second) return;
    for (const v1::ScriptStats& stats : scripts) Count(node, stats);
  }
  const WaveVerdict& Judge(const std::vector<WaveMember>& members);

 private:
  void Count(const std::string& node, const v1::ScriptStats& stats);
  WaveNodes NodesOf(const std::vector<WaveMember>& members);

  const Clock& clock_;
  v1::Rollout rollout_;
  std::unique_ptr<WaveJudge> judge_;
  std::set<std::string> counting_;  // nodes whose next report is of this wave alone
  std::set<std::string> awaited_;   // nodes that were connected in the wave
  WaveNodes nodes_;
  WaveVerdict verdict_;
};

// Begins the wave in the record, with the nodes it waits for.
void EnterWaveWith(const std::vector<WaveMember>& members, uint32_t wave, const RolloutStep& step,
                   int64_t now_unix_ms, v1::Rollout& rollout);

}  // namespace terrella::control
