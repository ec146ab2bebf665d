// Rollouts as people and scripts read them, and the wait for one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/commands/invocation.h"
#include "terrella/v1/rollouts.pb.h"

namespace terrella::cli {

// "running", "rolled back", ...
std::string_view StateText(v1::Rollout::State state);
// "MAD 5 %".
std::string WaveText(const v1::Wave& wave);
// One line of the wave it stands in: "wave 1 of 4: MAD 5 %, baking, 12 s left; 41 requests, ...".
std::string ProgressLine(const v1::RolloutProgress& progress);
// "312 requests beside 5,020: errors 0.00 % beside 0.00 %, p99 21.0 ms beside 20.4 ms".
std::string FiguresText(const v1::WaveFigures& figures);
// A heading and a line a wave.
std::string RolloutTable(const v1::RolloutProgress& progress);

nlohmann::ordered_json RolloutJson(const v1::Rollout& rollout);
nlohmann::ordered_json ProgressJson(const v1::RolloutProgress& progress);

// Says a line for each step until the rollout is over, also over restarts of the control plane;
// with `json_lines` an object a change and line instead. kRolledBack when a gate tripped; kTimedOut
// and kInterrupted leave it going on.
ExitCode FollowRollout(Invocation& in, ControlClient& client, const std::string& script,
                       const std::string& rollout_id, bool json_lines, v1::RolloutProgress* last);

}  // namespace terrella::cli
