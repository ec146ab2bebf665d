// A new key for secrets where a control plane keeps its state: what
// `control_plane --rotate-secrets-key` does.
//
// Thread: any; blocks.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "control_plane/options.h"
#include "control_plane/secrets/key_rotation.h"

namespace terrella::control {

// FailedPrecondition when a control plane serves from there. Nobody can begin to meanwhile.
absl::StatusOr<KeyRotation> RotateKey(const ControlOptions& options);

// One line.
std::string ToJson(const KeyRotation& rotation);

}  // namespace terrella::control
