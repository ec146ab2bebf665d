// LoadLevel: a node's load as the view shows it: a few coarse steps that hold for a while.
//
// Every watcher gets every view, so a figure that trembles would cost the whole network a view a
// second and teach nobody anything. The measure is smoothed, and the level moves only when it is
// more than a step away, to the step that is nearest then: from 0.45 to 0.50 at 0.51, and back at
// 0.44. A load that stays where it is never moves it twice. Both ends are reached within half a
// step.
//
// Thread: one. Pure.
#pragma once

#include "base/clock.h"

namespace terrella::control {

class LoadLevel {
 public:
  static constexpr double kStep = 0.05;

  // 0 to 1; what is not is taken for the nearer end.
  void Observe(double load, MonotonicTime now);
  // A multiple of kStep.
  double level() const { return level_; }

 private:
  double smooth_ = 0;
  double level_ = 0;
  bool seen_ = false;
  MonotonicTime at_{};
};

}  // namespace terrella::control
