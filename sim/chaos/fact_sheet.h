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
  // The timeline says which deploys came in waves.
  FactSheet(std::span<const std::string> pops, std::span<const EventRecord> events,
            const ClusterTimes& times, std::span<const TimelineEvent> timeline = {});

  // Whether the node lived at some moment of [from, to]; of a PoP without events: always.
  bool LivedIn(const std::string& pop, Duration from, Duration to) const;
  // Whether it was asked to drain, and not to undrain, for all of [from, to].
  bool DrainedThrough(const std::string& pop, Duration from, Duration to) const;
  // Whether some node lived and was not drained for all of [from, to].
  bool SomebodyServedThrough(Duration from, Duration to) const;
  // Whether some node died in [from, to].
  bool SomebodyDiedIn(Duration from, Duration to) const;
  // Deploys before a version: 0 is that of the start.
  struct Release {
    size_t version = 0;
    Duration first{};                       // may answer since
    Duration everywhere = Duration::max();  // answers all since; never, if it was rolled back
    Duration last = Duration::max();        // may answer until: it was rolled back
    bool in_waves = false;
    bool rolled_back() const { return last != Duration::max(); }
  };
  // Null: it never came.
  const Release* Find(size_t version) const;
  // Whether something newer answered all before `time`.
  bool WasReplacedBy(size_t version, Duration time) const;

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
  // Deploys of the timeline in their order, and what rollouts made of them.
  void ReadReleases(std::span<const EventRecord> events, const ClusterTimes& times,
                    std::span<const TimelineEvent> timeline);

  std::vector<Duration> deaths_;
  std::vector<Release> releases_;
};

}  // namespace terrella::sim
