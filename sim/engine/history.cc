#include "sim/engine/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/check.h"

namespace terrella::sim {
namespace {

// Something that becomes true of one node.
struct Change {
  Duration at{};
  size_t pop = 0;
  std::function<void(NodeMoment&)> apply;
};

// A timeline's actions, one after another, as the changes they make.
class Timeline {
 public:
  Timeline(std::span<const net::PopSite> pops, const ClusterTimes& times)
      : pops_(pops), times_(times) {}

  // When its command began is max(event.at, the end of the last).
  EventRecord Perform(const TimelineEvent& event) {
    EventRecord record{.at = event.at, .action = EventText(event), .target = event.target};
    if (IsNetworkFault(event.action)) return record;
    record.at = std::max(event.at, free_);
    const auto site = std::find_if(pops_.begin(), pops_.end(), [&](const net::PopSite& pop) {
      return pop.iata == event.target;
    });
    if (event.target == kControlPlane && event.action != TimelineEvent::Action::kDeploy) {
      free_ = PerformOnControl(event, record.at);
    } else if (event.action != TimelineEvent::Action::kDeploy && site == pops_.end()) {
      Fail(record, fmt::format("no node {}", event.target));
      free_ = record.at + times_.command;
    } else {
      free_ = PerformOnNodes(event, static_cast<size_t>(site - pops_.begin()), record);
    }
    record.took = free_ - record.at;
    return record;
  }
  std::vector<Change> TakeChanges() {
    for (const auto& [pop, lost_at] : apart_) {
      Tell(lost_at, pop, [](NodeMoment& node) { node.connected = false; });
    }
    return std::move(changes_);
  }
  std::vector<Duration> TakeTurns() { return std::move(turns_); }

 private:
  using Apply = std::function<void(NodeMoment&)>;

  static void Fail(EventRecord& record, std::string detail) {
    record.ok = false;
    record.detail = std::move(detail);
  }

  void Add(Duration at, size_t pop, Apply apply) {
    changes_.push_back({at, pop, std::move(apply)});
  }
  // A change of what the control plane knows: it tells nobody while it is gone.
  void Tell(Duration at, size_t pop, Apply apply) {
    if (control_) {
      Add(at, pop, std::move(apply));
    } else {
      untold_.push_back({at, pop, std::move(apply)});
    }
  }

  Duration PerformOnControl(const TimelineEvent& event, Duration began) {
    if (event.action == TimelineEvent::Action::kKill) {
      if (control_) turns_.push_back(began + times_.command);
      control_ = false;
      return began + times_.command;
    }
    const Duration up = began + times_.command + times_.control_boot;
    if (!control_) {
      control_ = true;
      turns_.push_back(up);
      // It hears of the living at once, and gives the others up after a while.
      for (Change& change : untold_) {
        change.at = up + times_.control_awaits + times_.notice;
        changes_.push_back(std::move(change));
      }
      untold_.clear();
    }
    return up;
  }

  // Returns when the command is done.
  Duration PerformOnNodes(const TimelineEvent& event, size_t pop, EventRecord& record) {
    using enum TimelineEvent::Action;
    const Duration acts = record.at + times_.command;
    const bool by_signal =
        event.action == kKill || event.action == kPartition || event.action == kRejoin;
    if (!control_ && !by_signal) {
      Fail(record, "the control plane cannot be reached");
      if (event.action != kStart) return acts;
    }
    switch (event.action) {
      case kKill:
        EndPartition(acts, pop, /*together=*/false);  // the next process is not apart
        Add(acts, pop, [](NodeMoment& node) { node.alive = false; });
        Tell(acts + times_.notice, pop, [](NodeMoment& node) { node.connected = false; });
        return acts;
      case kStart:
        Add(acts + times_.boot, pop, [forgets = times_.start_forgets_drain](NodeMoment& node) {
          node.boots += !node.alive;
          node.alive = true;
          if (forgets) node.drain_asked = false;
        });
        Tell(acts + times_.boot + times_.notice, pop,
             [](NodeMoment& node) { node.connected = true; });
        if (drained_.contains(event.target)) {
          // The command waits for a node that serves.
          Fail(record, fmt::format("{} is up and still drained", event.target));
        }
        return acts + times_.boot;
      case kDrain:
        drained_.insert(event.target);
        Add(acts + times_.notice, pop, [](NodeMoment& node) { node.drain_asked = true; });
        return acts;
      case kUndrain:
        drained_.erase(event.target);
        Add(acts + times_.notice, pop, [](NodeMoment& node) { node.drain_asked = false; });
        return acts;
      case kPartition:
        if (!apart_.try_emplace(pop, acts + times_.lease).second) return acts;
        Add(acts, pop, [acts](NodeMoment& node) { node.apart_since = acts; });
        return acts;
      case kRejoin:
        EndPartition(acts + times_.rejoin, pop, /*together=*/true);
        return acts;
      case kDeploy:
        return record.at + times_.deploy;
      default:
        return acts;  // nothing of nodes
    }
  }

  // `together`: both hear of each other again.
  void EndPartition(Duration at, size_t pop, bool together) {
    const auto found = apart_.find(pop);
    if (found == apart_.end()) return;
    const Duration lost_at = found->second;
    apart_.erase(found);
    Add(at, pop, [](NodeMoment& node) { node.apart_since = Duration::max(); });
    if (lost_at > at) return;  // nobody noticed
    Tell(lost_at, pop, [](NodeMoment& node) { node.connected = false; });
    if (together) Tell(at, pop, [](NodeMoment& node) { node.connected = true; });
  }

  const std::span<const net::PopSite> pops_;
  const ClusterTimes& times_;
  // When the leases of those are over that are cut off from the control plane, by PoP.
  std::map<size_t, Duration> apart_;
  std::vector<Change> changes_, untold_;
  std::vector<Duration> turns_;  // of the control plane
  Duration free_{};              // when the last command was done
  bool control_ = true;          // there is a control plane
  std::set<std::string> drained_;
};

}  // namespace

History::History(const Scenario& scenario, std::span<const net::PopSite> pops,
                 const ClusterTimes& times) {
  Timeline timeline(pops, times);
  for (const TimelineEvent& event : scenario.timeline) {
    has_partitions_ |= event.action == TimelineEvent::Action::kPartition;
    events_.push_back(timeline.Perform(event));
  }
  std::vector<Change> changes = timeline.TakeChanges();
  control_turns_ = timeline.TakeTurns();
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  moments_.push_back({.nodes = std::vector<NodeMoment>(pops.size())});
  for (const Change& change : changes) {
    if (moments_.back().at != change.at) {
      moments_.push_back({.at = change.at, .nodes = moments_.back().nodes});
    }
    std::vector<NodeMoment>& nodes = moments_.back().nodes;
    change.apply(nodes[change.pop]);
  }
}

const NodeMoment& History::At(size_t pop, Duration time) const {
  CHECK(time >= Duration(0));
  const auto next =
      std::upper_bound(moments_.begin(), moments_.end(), time,
                       [](Duration at, const Moment& moment) { return at < moment.at; });
  return std::prev(next)->nodes[pop];
}

bool History::ControlAt(Duration time) const {
  const auto later = std::upper_bound(control_turns_.begin(), control_turns_.end(), time);
  return (later - control_turns_.begin()) % 2 == 0;
}

Duration History::DiesAfter(size_t pop, Duration time) const {
  for (auto moment =
           std::upper_bound(moments_.begin(), moments_.end(), time,
                            [](Duration at, const Moment&candidate) { return at < candidate.at; });
       moment != moments_.end(); ++moment) {
    if (!moment->nodes[pop].alive) return moment->at;
  }
  return kNever;
}

}  // namespace terrella::sim
