// FactSheet: what was true of every node of a run, told from its events alone.
//
// It knows nothing of the engine's own history, views and beliefs, so that invariants judged by it
// can find the engine wrong. Commands act `command` after they begin; steering knows `notice`
// later.
//
// Thread: immutable, any.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/engine/options.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

class FactSheet {
 public:
  FactSheet(std::span<const std::string> pops, std::span<const EventRecord> events,
            const ClusterTimes& times);

  // Whether the node lived at some moment of [from, to]; of a PoP without events: always.
  bool LivedIn(const std::string& pop, Duration from, Duration to) const;
  // Whether it was asked to drain, and not to undrain, for all of [from, to].
  bool DrainedThrough(const std::string& pop, Duration from, Duration to) const;
  // Whether some node lived and was not drained for all of [from, to].
  bool SomebodyServedThrough(Duration from, Duration to) const;
  // Whether some node died in [from, to].
  bool SomebodyDiedIn(Duration from, Duration to) const;
  // Deploys that were everywhere at `time`.
  size_t DeploysBy(Duration time) const;

 private:
  struct State {
    Duration from{};
    bool lives = true, drained = false;
  };
  std::vector<State> StatesOf(std::span<const EventRecord> events, const std::string& pop,
                              const ClusterTimes& times);
  // Calls visit(state) for every one that holds in part of [from, to], until it says false.
  template <class Visit>
  static bool AllIn(const std::vector<State>& states, Duration from, Duration to, Visit visit);

  size_t untouched_ = 0;                              // PoPs without events
  std::map<std::string, std::vector<State>> states_;  // of those with events; by time
  std::vector<Duration> deaths_, deploys_;
};

}  // namespace terrella::sim
