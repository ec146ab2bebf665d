// Wakeup: how long before a moment to ask for being woken, so as not to be late for it.
//
// A process that sleeps until a moment runs some tens of microseconds after it. The least that
// lately was seen of that is the machine's own and not its other work's, so timers are set so much
// earlier; who is woken too early all the same waits for the moment, for kLeadMax at most.
//
// Thread: one.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace terrella::sim {

class Wakeup {
 public:
  static constexpr Duration kLeadMax = std::chrono::microseconds(50);
  static constexpr int kSeenToLearn = 32;

  // How much earlier to ask.
  Duration lead() const { return lead_; }
  // One that was asked for came so late.
  void Note(Duration late) {
    least_ = std::min(least_, late);
    if (++seen_ < kSeenToLearn) return;
    lead_ = std::clamp(least_, Duration(0), kLeadMax);
    least_ = Duration::max();
    seen_ = 0;
  }

 private:
  Duration lead_{};
  Duration least_ = Duration::max();
  int seen_ = 0;  // since lead_ was chosen
};

}  // namespace terrella::sim
