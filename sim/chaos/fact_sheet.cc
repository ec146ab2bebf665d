#include "sim/chaos/fact_sheet.h"

#include <algorithm>
#include <set>

namespace terrella::sim {

FactSheet::FactSheet(std::span<const std::string> pops, std::span<const EventRecord> events,
                     const ClusterTimes& times) {
  std::set<std::string> touched;
  for (const EventRecord& event : events) {
    if (event.action.starts_with("deploy ")) {
      deploys_.push_back(event.at + event.took);
    } else {
      touched.insert(event.target);
    }
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

size_t FactSheet::DeploysBy(Duration time) const {
  return static_cast<size_t>(std::count_if(deploys_.begin(), deploys_.end(),
                                           [&](Duration deploy) { return deploy <= time; }));
}

}  // namespace terrella::sim
