// Leading for a piece of work: who changes a store that several may serve from needs to be the only
// one for that long, and does not wait for the others to end.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

// FailedPrecondition when a control plane serves and goes on with it. Waits five seconds for one
// that is just ending, or was killed and leads until its lease is over. Thread: any; blocks.
absl::StatusOr<std::unique_ptr<Leadership>> CampaignOnce(StateStore& store,
                                                         std::string_view holder);

}  // namespace terrella::control
