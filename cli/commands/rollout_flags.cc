#include "cli/commands/rollout_flags.h"

#include <string>

#include "base/file.h"
#include "base/status.h"
#include "bundle/rollout_plan.h"

namespace terrella::cli {
namespace {

constexpr size_t kPlanBytesMax = 64 << 10;

}  // namespace

std::vector<Flag> RolloutFlags() {
  return {
      {.name = "--rollout",
       .value = "PLAN",
       .help = "come in waves and roll back when it is worse: 'safe', or a file (docs/rollouts.md)",
       .kind = ValueKind::kFile},
      {.name = "--immediate",
       .help = "all at once, also when [rollout] or a running rollout says otherwise"}};
}

absl::StatusOr<std::optional<v1::RolloutPlan>> RolloutPlanOf(
    const Invocation& in, const std::optional<v1::RolloutPlan>& own) {
  const std::optional<std::string> named = in.args.Find("--rollout");
  if (in.args.Has("--immediate")) {
    if (named) return InvalidArgument("--rollout and --immediate are opposites");
    return std::nullopt;
  }
  if (!named) return own;
  if (*named == "safe") return bundle::SafePlan();
  absl::StatusOr<std::string> text = ReadFile(*named, kPlanBytesMax);
  if (!text.ok()) {
    return InvalidArgument("--rollout: expected 'safe' or a file: {}", Message(text.status()));
  }
  ASSIGN_OR_RETURN(v1::RolloutPlan plan, bundle::ParseRolloutPlan(*text, *named));
  return plan;
}

}  // namespace terrella::cli
