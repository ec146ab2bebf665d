// History: what becomes of every node during a scenario, and when those who steer hear of it.
//
// A scenario's timeline is known beforehand, and nothing that clients do changes it, so all of it
// can be written down before the first request: when a node dies, when the control plane's view
// says so, when it is back. A timeline's actions are performed one after another, as live. What a
// deploy comes to is not written here: a rollout depends on what is answered (releases.h).
//
// Thread: immutable, any.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "dns_router/policy/topology.h"
#include "sim/engine/node_clock.h"
#include "sim/engine/options.h"
#include "sim/scenario/results.h"
#include "sim/scenario/scenario.h"

namespace terrella::sim {

// What is wrong with a node that serves.
struct NodeFaults {
  Duration disk_late{};  // each read and write of its disk takes so much longer
  Duration disk_late_until = Duration::max();  // then it is quick, and nobody waits any more
  // What begins from then on takes so much longer instead.
  Duration disk_turns_at = Duration::max(), disk_late_then{};
  NodeClock clock;
};

struct NodeMoment {
  bool alive = true;
  bool connected = true;  // by the newest view, as all below
  bool drain_asked = false;
  uint16_t boots = 0;  // times it was started again
  // Cut off from the control plane since then: what is deployed later it has not heard of.
  Duration apart_since = Duration::max();
  Duration disk_late{}, clock_ahead{};  // as NodeFaults
  bool apart() const { return apart_since != Duration::max(); }
  // As the control plane's registry derives it.
  dns::NodeState believed() const {
    if (!connected) return dns::NodeState::kDown;
    return drain_asked ? dns::NodeState::kDraining : dns::NodeState::kReady;
  }
  bool operator==(const NodeMoment&) const = default;
};

// From `at` until the next one.
struct Moment {
  Duration at{};
  std::vector<NodeMoment> nodes;  // by PoP
};

class History {
 public:
  static constexpr Duration kNever = Duration::max();

  History(const Scenario& scenario, std::span<const net::PopSite> pops, const ClusterTimes& times);

  std::span<const Moment> moments() const { return moments_; }  // by time, the first at 0
  const NodeMoment& At(size_t pop, Duration time) const;
  // When a node that is alive at `time` dies next.
  Duration DiesAfter(size_t pop, Duration time) const;
  // The newest moment of which the node has heard: `time` itself, or when it was cut off.
  Duration HeardOf(size_t pop, Duration time) const {
    return has_partitions_ ? std::min(time, At(pop, time).apart_since) : time;
  }
  // Whether some node's disk is slow, or clock wrong, at some time.
  bool has_node_faults() const { return has_slow_disks_ || has_skews_; }
  bool has_slow_disks() const { return has_slow_disks_; }
  NodeFaults FaultsAt(size_t pop, Duration time) const;
  // When the newest purge of that kind of request was, of those that the node has heard of at
  // `time`; the least time of all: none was.
  Duration PurgedAt(size_t kind, size_t pop, Duration time) const {
    if (purges_.empty()) return Duration::min();
    return NewestPurge(kind, HeardOf(pop, time));
  }
  // Whether there is a control plane.
  bool ControlAt(Duration time) const;
  // As they happened, one for each of the scenario's timeline: a PoP that is not there makes an
  // event that failed.
  std::span<const EventRecord> events() const { return events_; }

 private:
  struct Purge {
    Duration at{};
    std::vector<bool> of_kind;
  };
  Duration NewestPurge(size_t kind, Duration heard) const;

  std::vector<Purge> purges_;  // by time
  std::vector<Moment> moments_;
  bool has_partitions_ = false;
  bool has_slow_disks_ = false, has_skews_ = false;
  std::vector<EventRecord> events_;
  std::vector<Duration> control_turns_;  // when it goes, comes, goes ...
};

}  // namespace terrella::sim
