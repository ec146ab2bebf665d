// The life of a rollout as its record shows it.
//
//   RUNNING --next wave--> RUNNING ... --last wave--> DONE
//    | ^  \--a gate trips--> ROLLED_BACK     (also from PAUSED)
//    v |   \--by hand------> ABORTED
//   PAUSED  \--a deploy----> SUPERSEDED
//
// Every step appends an event, and is written in one transaction with the deployment it makes.
//
// Thread: any; pure functions over a time that is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "terrella/v1/rollouts.pb.h"

namespace terrella::control {

inline constexpr int kRolloutEventsMax = 200;

inline bool IsRunning(const v1::Rollout& rollout) {
  return rollout.ended_unix_ms() == 0;
}
inline bool IsLastWave(const v1::Rollout& rollout) {
  return static_cast<int>(rollout.wave()) + 1 >= rollout.plan().waves_size();
}

// What a step is called and what is said of it.
struct RolloutStep {
  std::string_view kind;
  std::string text;
  v1::WaveFigures figures;      // of the wave that it ends
  std::string request_id = {};  // of who asked for it; empty: nobody did
};

// The wave begins: the last one is the end of the rollout. Also its first, with wave 0.
void EnterWave(uint32_t wave, const RolloutStep& step, int64_t now_unix_ms, v1::Rollout& rollout);
// It ends otherwise than by its last wave.
void EndRollout(v1::Rollout::State state, const RolloutStep& step, int64_t now_unix_ms,
                v1::Rollout& rollout);
// Paused or running again.
void SetPaused(bool paused, const RolloutStep& step, int64_t now_unix_ms, v1::Rollout& rollout);

// "wave 2 of 4: EU 25 %".
std::string WaveOf(const v1::Rollout& rollout);

}  // namespace terrella::control
