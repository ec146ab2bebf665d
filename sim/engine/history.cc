#include "sim/engine/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/check.h"

namespace terrella::sim {
namespace {

// Something that becomes true of one node, or of all.
struct Change {
  Duration at{};
  size_t pop = 0;
  bool all = false;
  std::function<void(NodeMoment&)> apply;
};

// One event's changes; returns when its command is done.
Duration AddChanges(const TimelineEvent& event, Duration began, size_t pop,
                    const ClusterTimes& times, std::vector<Change>& out) {
  using enum TimelineEvent::Action;
  const Duration acts = began + times.command;
  const auto change = [&](Duration at, std::function<void(NodeMoment&)> apply) {
    out.push_back({at, pop, false, std::move(apply)});
  };
  switch (event.action) {
    case kKill:
      change(acts, [](NodeMoment& node) { node.alive = false; });
      change(acts + times.notice, [](NodeMoment& node) { node.connected = false; });
      return acts;
    case kStart:
      change(acts + times.boot, [forgets = times.start_forgets_drain](NodeMoment& node) {
        node.boots += !node.alive;
        node.alive = true;
        if (forgets) node.drain_asked = false;
      });
      change(acts + times.boot + times.notice, [](NodeMoment& node) { node.connected = true; });
      return acts + times.boot;
    case kDrain:
      change(acts + times.notice, [](NodeMoment& node) { node.drain_asked = true; });
      return acts;
    case kUndrain:
      change(acts + times.notice, [](NodeMoment& node) { node.drain_asked = false; });
      return acts;
    case kDeploy:
      out.push_back({began + times.deploy, 0, true, [](NodeMoment& node) { ++node.version; }});
      return began + times.deploy;
  }
  return acts;
}

}  // namespace

History::History(const Scenario& scenario, std::span<const net::PopSite> pops,
                 const ClusterTimes& times) {
  std::vector<Change> changes;
  Duration free{};  // when the last command was done
  std::set<std::string> drained;
  for (const TimelineEvent& event : scenario.timeline) {
    const Duration began = std::max(event.at, free);
    EventRecord record{.at = began,
                       .action = fmt::format("{} {}", ActionName(event.action), event.target),
                       .target = event.target};
    const auto site = std::find_if(pops.begin(), pops.end(), [&](const net::PopSite& pop) {
      return pop.iata == event.target;
    });
    if (event.action != TimelineEvent::Action::kDeploy && site == pops.end()) {
      record.ok = false;
      record.detail = fmt::format("no node {}", event.target);
      free = began + times.command;
    } else {
      free = AddChanges(event, began, static_cast<size_t>(site - pops.begin()), times, changes);
    }
    using enum TimelineEvent::Action;
    if (event.action == kDrain) drained.insert(event.target);
    if (event.action == kUndrain) drained.erase(event.target);
    if (event.action == kStart && record.ok && drained.contains(event.target)) {
      record.ok = false;  // the command waits for a node that serves
      record.detail = fmt::format("{} is up and still drained", event.target);
    }
    record.took = free - began;
    events_.push_back(std::move(record));
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  moments_.push_back({.nodes = std::vector<NodeMoment>(pops.size())});
  for (const Change& change : changes) {
    if (moments_.back().at != change.at) {
      moments_.push_back({.at = change.at, .nodes = moments_.back().nodes});
    }
    std::vector<NodeMoment>& nodes = moments_.back().nodes;
    for (size_t pop = 0; pop < nodes.size(); ++pop) {
      // A dead node applies nothing; it has the newest when it is back.
      if (change.all || pop == change.pop) change.apply(nodes[pop]);
    }
  }
}

const NodeMoment& History::At(size_t pop, Duration time) const {
  CHECK(time >= Duration(0));
  const auto next =
      std::upper_bound(moments_.begin(), moments_.end(), time,
                       [](Duration at, const Moment& moment) { return at < moment.at; });
  return std::prev(next)->nodes[pop];
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
