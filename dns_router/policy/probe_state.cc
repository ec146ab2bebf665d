#include "dns_router/policy/probe_state.h"

#include <algorithm>
#include <utility>

namespace terrella::dns {

void ProbeState::Good() {
  bad_ = 0;
  good_ = std::min(good_ + 1, thresholds_.rise);
  if (good_ == thresholds_.rise) verdict_ = Verdict::kUp;
}

void ProbeState::Bad(MonotonicTime began, std::optional<MonotonicTime> others_answered,
                     std::string why) {
  if (bad_ == 0) bad_since_ = began;
  good_ = 0;
  bad_ = std::min(bad_ + 1, thresholds_.fall);
  why_ = std::move(why);
  const bool we_hear = others_answered && *others_answered >= bad_since_;
  if (bad_ >= thresholds_.fall && we_hear) verdict_ = Verdict::kDown;
}

int ProbeState::until_change() const {
  const int left = verdict_ == Verdict::kDown ? thresholds_.rise - good_ : thresholds_.fall - bad_;
  return std::max(left, 1);
}

}  // namespace terrella::dns
