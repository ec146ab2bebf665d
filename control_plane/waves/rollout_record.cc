#include "control_plane/waves/rollout_record.h"

#include <fmt/format.h>

#include "control_plane/waves/wave_plan.h"

namespace terrella::control {
namespace {

void AddEvent(const RolloutStep& step, int64_t now_unix_ms, v1::Rollout& rollout) {
  // The first one says how it began; behind it the oldest give way.
  if (rollout.events_size() >= kRolloutEventsMax) {
    rollout.mutable_events()->erase(rollout.events().begin() + 1);
  }
  v1::RolloutEvent& event = *rollout.add_events();
  event.set_unix_ms(now_unix_ms);
  event.set_kind(std::string(step.kind));
  event.set_wave(rollout.wave());
  event.set_text(step.text);
  event.set_request_id(step.request_id);
  if (step.figures.gates_size() > 0) *event.mutable_figures() = step.figures;
}

}  // namespace

void EnterWave(uint32_t wave, const RolloutStep& step, int64_t now_unix_ms, v1::Rollout& rollout) {
  rollout.set_wave(wave);
  rollout.set_wave_unix_ms(now_unix_ms);
  rollout.clear_revision();  // known when it is written
  rollout.set_state(v1::Rollout::RUNNING);
  if (IsLastWave(rollout)) {
    rollout.set_state(v1::Rollout::DONE);
    rollout.set_ended_unix_ms(now_unix_ms);
  }
  AddEvent(step, now_unix_ms, rollout);
}

void EndRollout(v1::Rollout::State state, const RolloutStep& step, int64_t now_unix_ms,
                v1::Rollout& rollout) {
  rollout.set_state(state);
  rollout.set_ended_unix_ms(now_unix_ms);
  rollout.clear_revision();
  AddEvent(step, now_unix_ms, rollout);
}

void SetPaused(bool paused, const RolloutStep& step, int64_t now_unix_ms, v1::Rollout& rollout) {
  rollout.set_state(paused ? v1::Rollout::PAUSED : v1::Rollout::RUNNING);
  AddEvent(step, now_unix_ms, rollout);
}

std::string WaveOf(const v1::Rollout& rollout) {
  return fmt::format("wave {} of {}: {}", rollout.wave() + 1, rollout.plan().waves_size(),
                     WaveText(rollout.plan().waves(static_cast<int>(rollout.wave()))));
}

}  // namespace terrella::control
