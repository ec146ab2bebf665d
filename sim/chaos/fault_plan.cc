#include "sim/chaos/fault_plan.h"

#include <algorithm>

#include "base/check.h"
#include "base/random.h"
#include "bundle/rollout_plan.h"
#include "bundle/version_shares.h"

namespace terrella::sim {
namespace {

using Action = TimelineEvent::Action;
constexpr uint64_t kStream = 0x6661756c7473;
constexpr Duration kStep = std::chrono::milliseconds(100);

struct Target {
  std::string pop;
  bool dead = false, drained = false, apart = false, slow = false, skewed = false;
};

Action DrawAction(const Target& target, bool may_deploy, CounterRandom& random) {
  if (random.Below(8) == 0) {
    constexpr Action kAny[] = {Action::kKill, Action::kStart, Action::kDrain, Action::kUndrain};
    return kAny[random.Below(std::size(kAny))];
  }
  if (may_deploy && random.Below(6) == 0) return Action::kDeploy;
  const bool drains = random.Below(2) == 0;
  if (drains) return target.drained ? Action::kUndrain : Action::kDrain;
  return target.dead ? Action::kStart : Action::kKill;
}

// What becomes of the control plane, or of what it and a node hear of each other.
TimelineEvent DrawOfControl(Target& control, Target& node, CounterRandom& random) {
  const bool errs = random.Below(8) == 0;
  if (random.Below(2) == 0) {
    control.dead = control.dead == errs;
    return {.action = control.dead ? Action::kKill : Action::kStart, .target = control.pop};
  }
  node.apart = node.apart == errs;
  return {.action = node.apart ? Action::kPartition : Action::kRejoin, .target = node.pop};
}

// A disk that is slow, a clock that is wrong, or the end of it, which half of the time comes next.
TimelineEvent DrawOfMachine(Target& node, CounterRandom& random) {
  const bool is_disk = random.Below(2) == 0;
  bool& wrong = is_disk ? node.slow : node.skewed;
  TimelineEvent event{.action = is_disk ? Action::kSlowDisk : Action::kSkew, .target = node.pop};
  wrong = !wrong || random.Below(2) == 0;
  if (!wrong) return event;
  if (is_disk) {
    event.by = std::chrono::milliseconds(1 + random.Below(1000));
  } else {
    event.by = std::chrono::seconds(1 + random.Below(120)) * (random.Below(2) == 0 ? 1 : -1);
  }
  return event;
}

// One to three waves over few places, short enough to end within a run; the gates are as usual, but
// for requests: a run of chaos has few.
v1::RolloutPlan DrawPlan(const std::vector<Target>& targets, CounterRandom& random) {
  v1::RolloutPlan plan = bundle::SafePlan();
  plan.clear_waves();
  uint32_t percent = 0;
  for (size_t waves = 1 + random.Below(3); waves > 0; --waves) {
    percent += 1 + static_cast<uint32_t>(random.Below(32));
    v1::Wave& wave = *plan.add_waves();
    wave.set_place(random.Below(2) == 0 ? "all" : targets[random.Below(targets.size())].pop);
    wave.set_basis_points(100 * percent);
    wave.set_bake_ms(1000 * (1 + random.Below(4)));
  }
  v1::Wave& last = *plan.add_waves();
  last.set_place("all");
  last.set_basis_points(bundle::kAllRequests);
  plan.mutable_gates()->set_requests_min(20);
  plan.mutable_gates()->set_pass_when_quiet(true);
  return plan;
}

// Some sites, each once.
std::vector<Target> DrawTargets(std::span<const net::PopSite> pops, size_t count,
                                CounterRandom& random) {
  std::vector<Target> out;
  while (out.size() < std::min(count, pops.size())) {
    const std::string& pop = pops[random.Below(pops.size())].iata;
    const bool taken =
        std::any_of(out.begin(), out.end(), [&](const Target& t) { return t.pop == pop; });
    if (!taken) out.push_back({.pop = pop});
  }
  return out;
}

}  // namespace

std::vector<TimelineEvent> DrawFaults(const Scenario& scenario, std::span<const net::PopSite> pops,
                                      uint64_t seed, const FaultOptions& options) {
  CHECK(!pops.empty() && options.faults_min <= options.faults_max && options.pops_max > 0);
  CounterRandom random(seed, kStream);
  const size_t count =
      options.faults_min + random.Below(options.faults_max - options.faults_min + 1);
  std::vector<Target> targets = DrawTargets(pops, 1 + random.Below(options.pops_max), random);
  const auto steps = static_cast<uint64_t>(std::max<int64_t>(scenario.duration * 4 / 5 / kStep, 1));
  std::vector<Duration> times;
  for (size_t i = 0; i < count; ++i) {
    times.push_back(kStep * static_cast<int64_t>(random.Below(steps)));
  }
  std::sort(times.begin(), times.end());
  std::vector<TimelineEvent> out;
  Target control{.pop = kControlPlane};
  for (const Duration at : times) {
    Target& target = targets[random.Below(targets.size())];
    if (options.control && random.Below(3) == 0) {
      out.push_back(DrawOfControl(control, target, random));
      out.back().at = at;
      continue;
    }
    if (options.disks_and_clocks && random.Below(3) == 0) {
      out.push_back(DrawOfMachine(target, random));
      out.back().at = at;
      continue;
    }
    TimelineEvent event{.at = at,
                        .action = DrawAction(target, !scenario.workers.empty(), random),
                        .target = target.pop};
    if (event.action == Action::kKill) target.dead = true;
    if (event.action == Action::kStart) target.dead = false;
    if (event.action == Action::kDrain) target.drained = true;
    if (event.action == Action::kUndrain) target.drained = false;
    if (event.action == Action::kDeploy) {
      event.target = scenario.workers.front().path;
      event.script = scenario.workers.front().name;
      if (options.rollouts && random.Below(2) == 0) {
        event.rollout = std::make_shared<v1::RolloutPlan>(DrawPlan(targets, random));
      }
    }
    out.push_back(std::move(event));
  }
  return out;
}

Scenario WithFaults(const Scenario& scenario, std::span<const TimelineEvent> faults,
                    uint64_t seed) {
  Scenario out = scenario;
  out.seed = seed;
  out.timeline.insert(out.timeline.end(), faults.begin(), faults.end());
  std::stable_sort(out.timeline.begin(), out.timeline.end(),
                   [](const TimelineEvent& a, const TimelineEvent& b) { return a.at < b.at; });
  return out;
}

}  // namespace terrella::sim
