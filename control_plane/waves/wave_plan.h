// Where the waves of a rollout are, and what versions answer where once a wave has begun.
//
// Waves lie over each other: a place has the share of the newest wave that names it, and all other
// places have the old version. Shares never get smaller from wave to wave, so that nobody who has
// come to the new version goes back.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bundle/version_shares.h"
#include "terrella/v1/rollouts.pb.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::control {

// A node that waves can be laid over.
struct WaveNode {
  std::string pop;
  std::string continent;
  bool ready = false;
  uint64_t requests = 0;  // lately: a canary needs traffic
};

// Gives every wave its scope. "canary" is the PoP of the ready node with most requests.
// FailedPrecondition when there is none; InvalidArgument when a word is neither that nor the PoP or
// continent of a node.
absl::Status PlaceWaves(const std::vector<WaveNode>& nodes, v1::RolloutPlan& plan);

struct WaveShares {
  std::vector<v1::VersionShare> base;    // where no place says otherwise; the new version first
  std::vector<v1::PlacedShares> placed;  // as in v1::Deployment
};
// While the rollout's wave runs.
WaveShares SharesIn(const v1::Rollout& rollout);
// Whether the new version has requests there by now.
bool InWaves(const v1::Rollout& rollout, const bundle::NodePlace& place);

// "FRA 5 %", "all 50 %".
std::string WaveText(const v1::Wave& wave);

}  // namespace terrella::control
