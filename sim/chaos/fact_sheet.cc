#include "sim/chaos/fact_sheet.h"

#include <algorithm>
#include <optional>
#include <set>

namespace terrella::sim {
namespace {

constexpr std::string_view kRolloutStarted = "rollout started";

}  // namespace

FactSheet::FactSheet(std::span<const std::string> pops, std::span<const EventRecord> events,
                     const ClusterTimes& times, std::span<const TimelineEvent> timeline) {
  ReadReleases(events, times, timeline);
  std::set<std::string> touched;
  for (const EventRecord& event : events) {
    touched.insert(event.target);
  }
  for (const std::string& pop : pops) {
    if (pop.empty()) continue;
    if (touched.contains(pop)) {
      states_.emplace(pop, StatesOf(events, pop, times));
    } else {
      ++untouched_;
    }
  }
}

std::vector<FactSheet::State> FactSheet::StatesOf(std::span<const EventRecord> events,
                                                  const std::string& pop,
                                                  const ClusterTimes& times) {
  std::vector<State> out{{}};
  const auto change = [&](Duration from, bool lives, bool drained) {
    out.push_back({.from = from, .lives = lives, .drained = drained});
  };
  for (const EventRecord& event : events) {
    if (event.target != pop) continue;
    const State last = out.back();
    if (event.action.starts_with("kill ")) {
      change(event.at + times.command, false, last.drained);
      if (last.lives) deaths_.push_back(out.back().from);
    } else if (event.action.starts_with("start ")) {
      change(event.at + event.took, true, last.drained);
    } else if (event.action.starts_with("drain ")) {
      change(event.at + event.took, last.lives, true);
    } else if (event.action.starts_with("undrain ")) {
      change(event.at + event.took, last.lives, false);
    }
  }
  return out;
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
    return AllIn(pop.second, from, to,
                 [](const State& state) { return state.lives && !state.drained; });
  });
}

bool FactSheet::SomebodyDiedIn(Duration from, Duration to) const {
  return std::any_of(deaths_.begin(), deaths_.end(),
                     [&](Duration death) { return death >= from && death <= to; });
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
