#include "sim/chaos/fact_sheet.h"

#include <algorithm>
#include <optional>
#include <set>

namespace terrella::sim {
namespace {

constexpr std::string_view kRolloutStarted = "rollout started";

}  // namespace

FactSheet::FactSheet(std::span<const std::string> pops, std::span<const EventRecord> events,
                     const ClusterTimes& times, std::span<const TimelineEvent> timeline)
    : times_(times) {
  ReadReleases(events, times, timeline);
  ReadOutages(events);
  std::set<std::string> touched;
  for (const EventRecord& event : events) {
    touched.insert(event.target);
  }
  for (const std::string& pop : pops) {
    if (pop.empty()) continue;
    std::vector<State> states{{}};
    if (touched.contains(pop)) {
      states = StatesOf(events, pop, times);
      states_.emplace(pop, states);
    } else {
      ++untouched_;
    }
    if (std::vector<Gap> gaps = GapsOf(states); !gaps.empty()) gaps_.emplace(pop, std::move(gaps));
  }
}

void FactSheet::ReadOutages(std::span<const EventRecord> events) {
  for (const EventRecord& event : events) {
    if (event.target != kControlPlane || event.action.starts_with("deploy ")) continue;
    const bool down = !outages_.empty() && outages_.back().to == Duration::max();
    if (event.action.starts_with("kill ") && !down) {
      outages_.push_back({.from = event.at + times_.command});
    } else if (event.action.starts_with("start ") && down) {
      outages_.back().to = event.at + event.took;
    }
  }
}

void FactSheet::Apply(const EventRecord& event, const ClusterTimes& times, State& next) {
  next.from = event.at + event.took;
  if (event.action.starts_with("kill ")) {
    next.from = event.at + times.command;
    next.lives = false;
    next.apart_since = Duration::max();
  } else if (event.action.starts_with("start ")) {
    next.lives = true;  // even if the command complains that nobody is led there
  } else if (!event.ok) {
    return;
  } else if (event.action.starts_with("drain ")) {
    next.drained = true;
  } else if (event.action.starts_with("undrain ")) {
    next.drained = false;
  } else if (event.action.starts_with("partition ") && next.lives && !next.apart()) {
    next.apart_since = next.from;
  } else if (event.action.starts_with("rejoin ") && next.apart()) {
    next.from += times.rejoin;
    next.apart_since = Duration::max();
  }
}

// A rejoin that would have led to something after `at`, and does not.
void FactSheet::TakeBackRejoin(Duration at, std::vector<State>& states) {
  while (states.back().from > at) {
    const bool drained = states.back().drained;
    states.pop_back();
    states.back().drained = drained;
  }
}

std::vector<FactSheet::State> FactSheet::StatesOf(std::span<const EventRecord> events,
                                                  const std::string& pop,
                                                  const ClusterTimes& times) {
  std::vector<State> out{{}};
  for (const EventRecord& event : events) {
    if (event.target != pop) continue;
    const bool ends_rejoin =
        event.ok && (event.action.starts_with("kill ") || event.action.starts_with("partition "));
    if (ends_rejoin) TakeBackRejoin(event.at + times.command, out);
    const State last = out.back();
    State next = last;
    Apply(event, times, next);
    next.from = std::max(next.from, last.from);
    if (last.lives && !next.lives) {
      const Duration lease = last.apart() ? last.apart_since + times.lease : Duration::max();
      deaths_.push_back({.at = next.from, .heard = std::min(next.from, lease)});
    }
    out.push_back(next);
  }
  return out;
}

std::vector<FactSheet::Gap> FactSheet::GapsOf(const std::vector<State>& states) const {
  std::vector<Gap> out;
  const auto pushed = [&](Duration back) {
    return back == Duration::max() ? back : back + times_.deploy;
  };
  for (size_t i = 0; i < states.size(); ++i) {
    const Duration end = i + 1 < states.size() ? states[i + 1].from : Duration::max();
    // A node that is started is there when it has all.
    if (!states[i].lives) out.push_back({states[i].from, end});
    if (states[i].apart()) out.push_back({states[i].from, pushed(end)});
  }
  for (const Gap& outage : outages_) out.push_back({outage.from, pushed(outage.to)});
  std::sort(out.begin(), out.end(), [](const Gap& a, const Gap& b) { return a.from < b.from; });
  return out;
}

Duration FactSheet::SteeringHeard(Duration time) const {
  const Duration awaits = times_.control_awaits + 2 * times_.notice;
  for (size_t i = outages_.size(); i-- > 0;) {
    const Gap& outage = outages_[i];
    if (time < outage.from) continue;
    if (outage.to == Duration::max() || time < outage.to + awaits) time = outage.from;
  }
  return time - times_.notice;
}

Duration FactSheet::NodeMayHaveHeard(const std::string& pop, Duration time) const {
  const auto found = states_.find(pop);
  if (found == states_.end()) return time;
  const std::vector<State>& states = found->second;
  size_t now = 0;
  while (now + 1 < states.size() && states[now + 1].from <= time) ++now;
  return std::min(time, states[now].apart_since);
}

Duration FactSheet::NodeHeard(const std::string& pop, Duration time) const {
  const auto found = gaps_.find(pop);
  if (found == gaps_.end()) return time;
  for (size_t i = found->second.size(); i-- > 0;) {
    const Gap& gap = found->second[i];
    if (time >= gap.from && time < gap.to) time = gap.from;
  }
  return time;
}

template <class Visit>
bool FactSheet::AllIn(const std::vector<State>& states, Duration from, Duration to, Visit visit) {
  for (size_t i = 0; i < states.size(); ++i) {
    const bool over = i + 1 < states.size() && states[i + 1].from <= from;
    if (over || states[i].from > to) continue;
    if (!visit(states[i])) return false;
  }
  return true;
}

bool FactSheet::LivedIn(const std::string& pop, Duration from, Duration to) const {
  const auto found = states_.find(pop);
  if (found == states_.end()) return true;
  return !AllIn(found->second, from, to, [](const State& state) { return !state.lives; });
}

bool FactSheet::DrainedThrough(const std::string& pop, Duration from, Duration to) const {
  const auto found = states_.find(pop);
  if (found == states_.end()) return false;
  return AllIn(found->second, from, to, [](const State& state) { return state.drained; });
}

bool FactSheet::SomebodyServedThrough(Duration from, Duration to) const {
  if (untouched_ > 0) return true;
  return std::any_of(states_.begin(), states_.end(), [&](const auto& pop) {
    return AllIn(pop.second, from, to, [](const State& state) {
      return state.lives && !state.drained && !state.apart();
    });
  });
}

bool FactSheet::SomebodyDiedIn(Duration from, Duration to) const {
  return std::any_of(deaths_.begin(), deaths_.end(),
                     [&](const Death& death) { return death.heard >= from && death.at <= to; });
}

void FactSheet::ReadReleases(std::span<const EventRecord> events, const ClusterTimes& times,
                             std::span<const TimelineEvent> timeline) {
  // What is done in steps is done up to one later.
  constexpr Duration kStep = std::chrono::milliseconds(50);
  releases_.push_back({.everywhere = Duration(0)});
  std::vector<const TimelineEvent*> deploys;
  for (const TimelineEvent& event : timeline) {
    if (event.action == TimelineEvent::Action::kDeploy) deploys.push_back(&event);
  }
  size_t count = 0;
  // One rollout runs at a time; the deploy of another may be under way when it ends.
  std::optional<size_t> running;
  for (const EventRecord& event : events) {
    if (event.action.starts_with("deploy ")) {
      const bool in_waves = count < deploys.size() && deploys[count]->rollout != nullptr;
      ++count;
      if (!event.ok) continue;
      Release release{.version = count, .first = event.at + event.took, .in_waves = in_waves};
      if (!in_waves) release.everywhere = release.first + kStep;
      releases_.push_back(release);
      continue;
    }
    if (!event.action.starts_with(kRolloutAction)) continue;
    if (event.action == kRolloutStarted) {
      for (size_t i = 0; i < releases_.size(); ++i) {
        if (releases_[i].in_waves && releases_[i].first <= event.at) running = i;
      }
    }
    if (!running) continue;
    Release& rollout = releases_[*running];
    const Duration done = event.at + times.wave + kStep;
    if (event.action == kRolledBack) rollout.last = done;
    if (event.detail == "all 100 %") rollout.everywhere = done;
  }
}

const FactSheet::Release* FactSheet::Find(size_t version) const {
  for (const Release& release : releases_) {
    if (release.version == version) return &release;
  }
  return nullptr;
}

bool FactSheet::WasReplacedBy(size_t version, Duration time) const {
  return std::any_of(releases_.begin(), releases_.end(), [&](const Release& release) {
    return release.version > version && release.everywhere <= time;
  });
}

}  // namespace terrella::sim
