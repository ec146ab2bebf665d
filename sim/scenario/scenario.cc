#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/signed_duration.h"

namespace terrella::sim {

std::string_view SteeringName(Steering steering) {
  return steering == Steering::kDns ? "dns" : "anycast";
}

bool IsOfScript(const RequestKind& kind, std::string_view script) {
  return std::string_view(kind.host).substr(0, kind.host.find('.')) == script;
}

bool IsDeployOf(const TimelineEvent& deploy, const RequestKind& kind) {
  return deploy.script.empty() || IsOfScript(kind, deploy.script);
}

std::string_view ActionName(TimelineEvent::Action action) {
  switch (action) {
    case TimelineEvent::Action::kKill:
      return "kill";
    case TimelineEvent::Action::kStart:
      return "start";
    case TimelineEvent::Action::kDrain:
      return "drain";
    case TimelineEvent::Action::kUndrain:
      return "undrain";
    case TimelineEvent::Action::kPartition:
      return "partition";
    case TimelineEvent::Action::kRejoin:
      return "rejoin";
    case TimelineEvent::Action::kSlowDisk:
      return "slow_disk";
    case TimelineEvent::Action::kSkew:
      return "skew";
    case TimelineEvent::Action::kDeploy:
      return "deploy";
    case TimelineEvent::Action::kPurge:
      return "purge";
    case TimelineEvent::Action::kCut:
      return "cut";
    case TimelineEvent::Action::kLoss:
      return "loss";
    case TimelineEvent::Action::kResolverOutage:
      return "resolver_outage";
    case TimelineEvent::Action::kOriginOutage:
      return "origin_outage";
    case TimelineEvent::Action::kPhase:
      return "phase";
  }
  return "";
}

std::string EventText(const TimelineEvent& event) {
  return fmt::format("{} {}{}", ActionName(event.action), event.target,
                     HasAmount(event.action) ? " by " + SignedDurationText(event.by) : "");
}

const Page* PageOf(const Scenario& scenario, size_t request) {
  for (const Page& page : scenario.pages) {
    if (page.document == request) return &page;
  }
  return nullptr;
}

bool IsSteady(const Scenario& scenario) {
  return scenario.timeline.empty() && !scenario.trace &&
         std::all_of(scenario.populations.begin(), scenario.populations.end(),
                     [](const People& people) {
                       return people.rate.empty() && !people.diurnal && !people.sessions;
                     });
}

std::vector<Phase> PhasesOf(const Scenario& scenario) {
  std::vector<Phase> out = {{.name = kFirstPhase}};
  for (const TimelineEvent& event : scenario.timeline) {
    if (event.phase.empty()) continue;
    out.back().to = event.at;
    if (event.at == Duration(0) && out.size() == 1) out.clear();
    out.push_back({.name = event.phase, .from = event.at});
  }
  return out;
}

}  // namespace terrella::sim
