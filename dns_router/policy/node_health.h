// NodeHealth: what to believe of every node, out of what each source says of it.
//
//   control plane   the view: DOWN is believed at once, READY with the two reserves below
//   damping         a node that keeps falling is not believed to be back (flap_damping.h)
//   probes          a node that does not answer this router is not READY to it (probe_state.h)
//   warm-up         a node that has just come back gets a share of its clients that grows
//
// Neither reserve may empty the network: probes convict only while half of the other nodes answer
// this router, and damping keeps out at most half of all nodes, those that fell most.
//
// A node kept out by damping or probes counts as SYNCING: it is still chosen while no node is
// READY, because an address that may work beats none.
//
// From the same facts follows how long an answer should be held: no longer than until the node it
// names may be called down, as gdnsd has it. A steady node's answers live as long as their name's
// TTL says, those of a node in doubt shorter.
//
// Thread: one. Pure: time is given.
// Invariants: Apply writes the same whenever it is called between two events, until due().
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "dns_router/policy/flap_damping.h"
#include "dns_router/policy/probe_state.h"
#include "dns_router/policy/topology.h"

namespace terrella::dns {

struct NodeHealthOptions {
  FlapDampingOptions damping;
  ProbeThresholds probes;
  Duration probe_interval = std::chrono::seconds(2);  // for the life of answers
  bool probing = false;
  Duration warm_up{};          // 0: a node that is back gets all its clients at once
  double warm_up_first = 0.1;  // the share it begins with
  int warm_up_steps = 10;      // snapshots made on the way
  uint32_t ttl_s_min = 1;      // of answers that name a node in doubt
};

class NodeHealth {
 public:
  explicit NodeHealth(const NodeHealthOptions& options) : options_(options) {}

  // What the control plane says now.
  void Hear(const TopologyView& view, MonotonicTime now);
  // A probe that began at `began` has ended; an empty `why_not` is a good end. Whether Apply may
  // write something else now.
  bool OnProbe(std::string_view node, MonotonicTime began, std::string why_not, MonotonicTime now);
  // Turns what the view says of its nodes into what to believe of them.
  void Apply(TopologyView& view, MonotonicTime now);
  // When Apply would write something else because of time alone.
  std::optional<MonotonicTime> due() const { return due_; }

 private:
  struct Node {
    explicit Node(const NodeHealthOptions& options)
        : damping(options.damping), probes(options.probes) {}
    NodeState reported = NodeState::kUnknown;
    FlapDamping damping;
    ProbeState probes;
    bool is_probed = false;                   // its port is known, and it is not down
    bool damping_counts = false;              // suppressed, and among those that may be
    bool must_answer = false;                 // it was down: its word alone does not bring it back
    bool was_ready = false;                   // as believed last
    std::optional<MonotonicTime> warm_since;  // while it warms up
    std::optional<MonotonicTime> answered;    // when its newest answered probe began
  };
  // Which suppressed nodes are kept out: at most half of all.
  void CapDamping(MonotonicTime now);
  NodeState Believe(NodeFacts& facts, Node& node, MonotonicTime now);
  double WarmShare(Node& node, bool ready, MonotonicTime now);
  uint32_t TtlMax(const Node& node, NodeState believed, MonotonicTime now);
  void Due(MonotonicTime at) { due_ = due_ ? std::min(*due_, at) : at; }
  // Since when half of the other probed nodes have answered a probe: each has answered one that
  // began then or later. None when half of them never did.
  std::optional<MonotonicTime> OthersAnswered(const Node& except) const;

  const NodeHealthOptions options_;
  std::map<std::string, Node, std::less<>> nodes_;
  bool first_ = true;  // nothing has been heard: nobody is new
  std::optional<MonotonicTime> due_;
};

}  // namespace terrella::dns
