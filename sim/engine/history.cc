#include "sim/engine/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/check.h"

namespace terrella::sim {
namespace {

constexpr std::string_view kUnreachable = "the control plane cannot be reached";

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
    EndRejoins(record.at + times_.command);
    const auto site = std::find_if(pops_.begin(), pops_.end(), [&](const net::PopSite& pop) {
      return pop.iata == event.target;
    });
    const bool of_script = event.action == TimelineEvent::Action::kDeploy ||
                           event.action == TimelineEvent::Action::kPurge;
    if (event.target == kControlPlane && !of_script) {
      free_ = PerformOnControl(event, record.at);
    } else if (event.action == TimelineEvent::Action::kPurge) {
      if (!control_) Fail(record, std::string(kUnreachable));
      free_ = record.at + times_.command + (control_ ? times_.wave : Duration(0));
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
    EndRejoins(Duration::max());
    for (const auto& [pop, since] : apart_) EndLease(pop, since);
    changes_.insert(changes_.end(), telling_.begin(), telling_.end());
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
  // A change of what the control plane knows: it tells nobody while it is gone, and all at once
  // when it has waited for the dead.
  void Tell(Duration at, size_t pop, Apply apply) {
    if (!control_) {
      untold_.push_back({at, pop, std::move(apply)});
    } else if (at <= tells_at_) {
      telling_.push_back({tells_at_, pop, std::move(apply)});
    } else {
      Add(at, pop, std::move(apply));
    }
  }

  Duration PerformOnControl(const TimelineEvent& event, Duration began) {
    if (event.action == TimelineEvent::Action::kKill) {
      if (control_) turns_.push_back(began + times_.command);
      control_ = false;
      TakeBack(began + times_.command);
      return began + times_.command;
    }
    const Duration up = began + times_.command + times_.control_boot;
    EndRejoins(up);
    if (!control_) {
      control_ = true;
      turns_.push_back(up);
      tells_at_ = up + times_.control_awaits + times_.notice;
      for (Change& change : untold_) {
        change.at = tells_at_;
        telling_.push_back(std::move(change));
      }
      untold_.clear();
      if (times_.control_forgets_nodes) ForgetNodes(up);
    }
    return up;
  }

  // What a control plane that dies at `at` had heard again and not told yet.
  void TakeBack(Duration at) {
    for (Change& change : telling_) {
      (change.at < at ? changes_ : untold_).push_back(std::move(change));
    }
    telling_.clear();
  }

  // The mistake: all are down until they are believed again.
  void ForgetNodes(Duration up) {
    for (size_t pop = 0; pop < pops_.size(); ++pop) {
      if (dead_.contains(pop) || apart_.contains(pop)) continue;
      Add(up + times_.notice, pop, [](NodeMoment& node) { node.connected = false; });
      Add(up + times_.control_awaits + times_.notice, pop,
          [](NodeMoment& node) { node.connected = node.alive; });
    }
  }

  // The lease of one that is cut off from `since` until `until` ends, if there is a control plane
  // to see it. One that was started meanwhile never heard of the node, and waits for it; until it
  // has waited it tells of nobody. False: nobody noticed.
  bool EndLease(size_t pop, Duration since, Duration until = Duration::max()) {
    if (times_.leases_never_end) return false;
    Duration at = since + times_.lease;
    for (size_t i = 0; i + 1 < turns_.size(); i += 2) {
      const Duration told = turns_[i + 1] + times_.control_awaits + times_.notice;
      if (turns_[i] <= at && told > at) at = told;
    }
    const bool gone = turns_.size() % 2 == 1 && turns_.back() <= at;
    if (gone || at >= until) return false;
    const auto lost = [](NodeMoment& node) { node.connected = false; };
    if (control_ && at == tells_at_) {
      telling_.push_back({at, pop, lost});
    } else {
      Add(at, pop, lost);
    }
    return true;
  }

  // The next process is not apart, and has a disk as it is and the right time.
  void Kill(Duration acts, size_t pop) {
    rejoins_.erase(pop);
    EndPartition(acts, pop, /*together=*/false);
    dead_.insert(pop);
    Add(acts, pop, [](NodeMoment& node) {
      node.alive = false;
      node.disk_late = node.clock_ahead = Duration(0);
    });
    Tell(acts + times_.notice, pop, [](NodeMoment& node) { node.connected = false; });
  }

  // Returns when the command is done.
  Duration PerformOnNodes(const TimelineEvent& event, size_t pop, EventRecord& record) {
    using enum TimelineEvent::Action;
    const Duration acts = record.at + times_.command;
    const bool by_signal = event.action == kKill || event.action == kPartition ||
                           event.action == kRejoin || HasAmount(event.action);
    if (!control_ && !by_signal) {
      Fail(record, std::string(kUnreachable));
      if (event.action != kStart) return acts;
    }
    if (dead_.contains(pop) && by_signal && event.action != kKill) {
      Fail(record, fmt::format("{} is dead; 'terrella start {}' brings it back", event.target,
                               event.target));
      return acts;
    }
    switch (event.action) {
      case kKill:
        Kill(acts, pop);
        return acts;
      case kStart:
        Add(acts + times_.boot, pop, [forgets = times_.start_forgets_drain](NodeMoment& node) {
          node.boots += !node.alive;
          node.alive = true;
          if (forgets) node.drain_asked = false;
        });
        if (dead_.erase(pop) > 0) {
          Tell(acts + times_.boot + times_.notice, pop,
               [](NodeMoment& node) { node.connected = true; });
        }
        if (drained_.contains(event.target)) {
          // The command waits for a node that serves.
          Fail(record, fmt::format("{} is up and still drained", event.target));
        }
        return acts + times_.boot;
      case kDrain:
        drained_.insert(event.target);
        Tell(acts + times_.notice, pop, [](NodeMoment& node) { node.drain_asked = true; });
        return acts;
      case kUndrain:
        drained_.erase(event.target);
        Tell(acts + times_.notice, pop, [](NodeMoment& node) { node.drain_asked = false; });
        return acts;
      case kPartition:
        rejoins_.erase(pop);  // it had heard nothing yet
        if (!apart_.try_emplace(pop, acts).second) return acts;
        Add(acts, pop, [acts](NodeMoment& node) { node.apart_since = acts; });
        return acts;
      case kRejoin:
        if (apart_.contains(pop)) rejoins_.try_emplace(pop, acts + times_.rejoin);
        return acts;
      case kSlowDisk:
        Add(acts, pop, [by = event.by](NodeMoment& node) { node.disk_late = by; });
        return acts;
      case kSkew:
        Add(acts, pop, [by = event.by](NodeMoment& node) { node.clock_ahead = by; });
        return acts;
      case kDeploy:
        return record.at + times_.deploy;
      default:
        return acts;  // nothing of nodes
    }
  }

  void EndRejoins(Duration until) {
    for (auto rejoin = rejoins_.begin(); rejoin != rejoins_.end();) {
      const auto [pop, at] = *rejoin;
      if (at > until) {
        ++rejoin;
        continue;
      }
      rejoin = rejoins_.erase(rejoin);
      EndPartition(at, pop, /*together=*/true);
    }
  }

  // `together`: both hear of each other again.
  void EndPartition(Duration at, size_t pop, bool together) {
    const auto found = apart_.find(pop);
    if (found == apart_.end()) return;
    const Duration since = found->second;
    apart_.erase(found);
    if (!together || !times_.rejoin_misses_deploys) {
      Add(at, pop, [](NodeMoment& node) { node.apart_since = Duration::max(); });
    }
    const bool noticed = EndLease(pop, since, at);
    if (together && noticed) Tell(at, pop, [](NodeMoment& node) { node.connected = true; });
  }

  const std::span<const net::PopSite> pops_;
  const ClusterTimes& times_;
  std::map<size_t, Duration> apart_;    // since when nodes are cut off from the control plane
  std::map<size_t, Duration> rejoins_;  // when they hear again, of those that were told to
  std::set<size_t> dead_;
  std::vector<Change> changes_;
  std::vector<Change> untold_;   // of a control plane that is gone
  std::vector<Change> telling_;  // by one that is back, at `tells_at_`
  Duration tells_at_{};
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
    has_slow_disks_ |= event.action == TimelineEvent::Action::kSlowDisk;
    has_skews_ |= event.action == TimelineEvent::Action::kSkew;
    events_.push_back(timeline.Perform(event));
    if (event.action != TimelineEvent::Action::kPurge || !events_.back().ok) continue;
    Purge& purge = purges_.emplace_back();
    purge.at = events_.back().at + events_.back().took;
    for (const RequestKind& kind : scenario.requests) {
      purge.of_kind.push_back(IsOfScript(kind, event.target));
    }
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

NodeFaults History::FaultsAt(size_t pop, Duration time) const {
  const NodeMoment& node = At(pop, time);
  NodeFaults out{.disk_late = node.disk_late, .clock = {.ahead = node.clock_ahead}};
  for (auto moment =
           std::upper_bound(moments_.begin(), moments_.end(), time,
                            [](Duration at, const Moment&later) { return at < later.at; });
       moment != moments_.end(); ++moment) {
    const NodeMoment& next = moment->nodes[pop];
    if (out.clock.until == kNever && next.clock_ahead != node.clock_ahead) {
      out.clock.until = moment->at;
      out.clock.then = next.clock_ahead;
    }
    if (out.disk_late_until != kNever) continue;
    if (next.disk_late == Duration(0)) {
      out.disk_late_until = moment->at;
    } else if (next.disk_late != out.disk_late && out.disk_turns_at == kNever) {
      out.disk_turns_at = moment->at;
      out.disk_late_then = next.disk_late;
    }
  }
  return out;
}

bool History::ControlAt(Duration time) const {
  const auto later = std::upper_bound(control_turns_.begin(), control_turns_.end(), time);
  return (later - control_turns_.begin()) % 2 == 0;
}

Duration History::NewestPurge(size_t kind, Duration heard) const {
  Duration newest = Duration::min();
  for (const Purge& purge : purges_) {
    if (purge.at <= heard && purge.of_kind[kind]) newest = purge.at;
  }
  return newest;
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
