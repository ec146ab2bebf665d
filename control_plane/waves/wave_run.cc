#include "control_plane/waves/wave_run.h"

#include <algorithm>
#include <utility>

namespace terrella::control {

void WaveRun::Begin(v1::Rollout rollout) {
  rollout_ = std::move(rollout);
  const v1::Wave& wave = rollout_.plan().waves(static_cast<int>(rollout_.wave()));
  judge_ = std::make_unique<WaveJudge>(clock_, rollout_.plan().gates(),
                                       std::chrono::milliseconds(wave.bake_ms()));
  counting_.clear();
  awaited_ = {rollout_.wave_nodes().begin(), rollout_.wave_nodes().end()};
  nodes_ = {};
  verdict_ = {};
}

void WaveRun::Count(const std::string& node, const v1::ScriptStats& stats) {
  if (stats.script() != rollout_.script() || stats.chosen()) return;
  const bool is_new = stats.version_id() == rollout_.new_version();
  if (is_new || stats.version_id() == rollout_.old_version()) judge_->Add(node, is_new, stats);
}

const WaveVerdict& WaveRun::Judge(const std::vector<WaveMember>& members) {
  nodes_ = NodesOf(members);
  verdict_ = judge_->Judge(nodes_, rollout_.state() == v1::Rollout::PAUSED);
  return verdict_;
}

WaveNodes WaveRun::NodesOf(const std::vector<WaveMember>& members) {
  WaveNodes out;
  std::set<std::string> connected;
  for (const WaveMember& member : members) {
    if (!member.connected) continue;
    connected.insert(member.id);
    if (!InWaves(rollout_, member.place)) continue;
    awaited_.insert(member.id);
    ++out.connected;
    out.rejected.insert(out.rejected.end(), member.rejected.begin(), member.rejected.end());
    if (!member.has_wave) out.lagging.push_back(member.id);
  }
  std::set_difference(awaited_.begin(), awaited_.end(), connected.begin(), connected.end(),
                      std::back_inserter(out.down));
  return out;
}

void EnterWaveWith(const std::vector<WaveMember>& members, uint32_t wave, const RolloutStep& step,
                   int64_t now_unix_ms, v1::Rollout& rollout) {
  EnterWave(wave, step, now_unix_ms, rollout);
  rollout.clear_wave_nodes();
  if (!IsRunning(rollout)) return;
  for (const WaveMember& member : members) {
    if (member.connected && InWaves(rollout, member.place)) rollout.add_wave_nodes(member.id);
  }
}

}  // namespace terrella::control
