// FactSheet: what was true of every node of a run, told from its events alone.
//
// It knows nothing of the engine's own history, views and beliefs, so that invariants judged by it
// can find the engine wrong. Commands act `command` after they begin; steering knows `notice`
// later, unless the control plane is gone: then steering stays at what it knew, until
// `control_awaits` after it is back. A node that is cut off hears of nothing, and is taken for dead
// when its lease is over.
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
  // Whether some node lived, was not drained and not cut off for all of [from, to].
  bool SomebodyServedThrough(Duration from, Duration to) const;
  // Whether some node died before `to` of which steering need not have heard before `from`.
  bool SomebodyDiedIn(Duration from, Duration to) const;
  // Of what happened until then steering has heard at `time` for certain; may be less than 0.
  Duration SteeringHeard(Duration time) const;
  // Of what was deployed until then the node has heard at `time` for certain.
  Duration NodeHeard(const std::string& pop, Duration time) const;
  // Of what was deployed later it cannot have heard.
  Duration NodeMayHaveHeard(const std::string& pop, Duration time) const;
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
    Duration apart_since = Duration::max();
    bool apart() const { return apart_since != Duration::max(); }
  };
  struct Gap {
    Duration from{}, to = Duration::max();
  };
  std::vector<State> StatesOf(std::span<const EventRecord> events, const std::string& pop,
                              const ClusterTimes& times);
  static void Apply(const EventRecord& event, const ClusterTimes& times, State& next);
  static void TakeBackRejoin(Duration at, std::vector<State>& states);
  void ReadOutages(std::span<const EventRecord> events);
  // When the node hears nothing new, until what it missed has been pushed to it; by time.
  std::vector<Gap> GapsOf(const std::vector<State>& states) const;
  // Calls visit(state) for every one that holds in part of [from, to], until it says false.
  template <class Visit>
  static bool AllIn(const std::vector<State>& states, Duration from, Duration to, Visit visit);

  size_t untouched_ = 0;                              // PoPs without events
  std::map<std::string, std::vector<State>> states_;  // of those with events; by time
  // Deploys of the timeline in their order, and what rollouts made of them.
  void ReadReleases(std::span<const EventRecord> events, const ClusterTimes& times,
                    std::span<const TimelineEvent> timeline);

  struct Death {
    Duration at{};
    Duration heard{};  // by a control plane, if there was one: its lease may have been over before
  };
  const ClusterTimes times_;
  std::vector<Gap> outages_;                      // of the control plane; by time
  std::map<std::string, std::vector<Gap>> gaps_;  // of nodes that have some
  std::vector<Death> deaths_;
  std::vector<Release> releases_;
};

}  // namespace terrella::sim
