#include "cli/sim/declared_services.h"

#include <algorithm>

#include "base/status.h"

namespace terrella::cli {
namespace {

bool OriginsMayFail(const sim::Scenario& scenario, const sim::RequestKind& kind) {
  return std::any_of(kind.origins.begin(), kind.origins.end(), [&](size_t index) {
    const sim::Origin& origin = scenario.origins[index];
    return origin.error_share > 0 ||
           std::any_of(scenario.timeline.begin(), scenario.timeline.end(),
                       [&](const sim::TimelineEvent& event) {
                         return event.action == sim::TimelineEvent::Action::kOriginOutage &&
                                event.target == origin.host;
                       });
  });
}

// `where`: of the file the profile is declared.
absl::Status CheckFailure(const sim::Scenario& scenario, const sim::RequestKind& kind,
                          const sim::ServiceProfile& service, const std::string& where) {
  if (kind.origins.empty() || service.on_error || !OriginsMayFail(scenario, kind)) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "nothing is declared for {}{} when an origin fails; expected e.g. service = {{ ..., "
      "on_error = {{ status = 502 }} }} in {}",
      kind.host, kind.path, where);
}

}  // namespace

absl::StatusOr<std::vector<std::vector<sim::ServiceProfile>>> DeclaredServices(
    const sim::Scenario& scenario) {
  std::vector<std::vector<sim::ServiceProfile>> out(1);
  for (const sim::RequestKind& kind : scenario.requests) {
    if (!kind.service) {
      return FailedPrecondition(
          "nothing is declared for {}{}; expected e.g. service = {{ ms = 0.4, cpu_ms = 0.05, bytes "
          "= 400 }} in its [[request]]",
          kind.host, kind.path);
    }
    RETURN_IF_ERROR(CheckFailure(scenario, kind, *kind.service, "its [[request]]"));
    out[0].push_back(*kind.service);
  }
  for (const sim::TimelineEvent& event : scenario.timeline) {
    if (event.action != sim::TimelineEvent::Action::kDeploy) continue;
    out.push_back(out.back());
    if (!event.service) continue;
    const std::string where =
        fmt::format("the [[timeline]] deploy at {:g} s", ToMs(event.at) / 1000);
    for (size_t i = 0; i < out.back().size(); ++i) {
      const sim::RequestKind& kind = scenario.requests[i];
      if (!sim::IsDeployOf(event, kind)) continue;
      RETURN_IF_ERROR(CheckFailure(scenario, kind, *event.service, where));
      out.back()[i] = *event.service;
    }
  }
  return out;
}

}  // namespace terrella::cli
