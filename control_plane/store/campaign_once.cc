#include "control_plane/store/campaign_once.h"

#include <string>

#include "base/status.h"

namespace terrella::control {
namespace {

// Times a leader is asked for, a fifth of a second apart: one that ended or was killed has let go
// by then.
constexpr int kTriesMax = 25;

}  // namespace

absl::StatusOr<std::unique_ptr<Leadership>> CampaignOnce(StateStore& store,
                                                         std::string_view holder) {
  auto leadership =
      store.Campaign({.name = std::string(kControlElection),
                      .holder = std::string(holder),
                      .go_on = [tries = kTriesMax]() mutable { return tries-- > 0; }});
  if (leadership.status().code() == absl::StatusCode::kCancelled) {
    return FailedPrecondition("a control plane serves from this store; end it first");
  }
  return leadership;
}

}  // namespace terrella::control
