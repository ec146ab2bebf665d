#include "sim/net/access_mix.h"

#include <algorithm>

#include "base/status.h"

namespace terrella::net {
namespace {

// fibre, cable, dsl, 5g, 4g, leo, geo
constexpr AccessMix kFewUsers = {0.05, 0.03, 0.07, 0.04, 0.76, 0.02, 0.03};
constexpr AccessMix kAllUsers = {0.33, 0.22, 0.12, 0.12, 0.18, 0.02, 0.01};
constexpr double kFewPercent = 40, kAllPercent = 90;

}  // namespace

AccessMix AccessMixOf(double internet_users_percent) {
  const double t =
      std::clamp((internet_users_percent - kFewPercent) / (kAllPercent - kFewPercent), 0.0, 1.0);
  AccessMix out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = (1 - t) * kFewUsers[i] + t * kAllUsers[i];
  return out;
}

AccessType DrawAccess(const AccessMix& mix, CounterRandom& random) {
  double sum = 0;
  for (double weight : mix) sum += weight;
  double at = random.Uniform() * sum;
  size_t last = 0;
  for (size_t i = 0; i < mix.size(); ++i) {
    if (mix[i] <= 0) continue;
    last = i;
    if (at < mix[i]) break;
    at -= mix[i];
  }
  return static_cast<AccessType>(last);
}

absl::StatusOr<AccessChoice> ParseAccessChoice(std::string_view text) {
  if (text == "wired") return AccessChoice{};
  if (text == "mix") return AccessChoice{.kind = AccessChoice::Kind::kMix};
  if (const auto access = FindAccess(text)) {
    return AccessChoice{.kind = AccessChoice::Kind::kType, .type = access->type};
  }
  return InvalidArgument(
      "expected an access: wired, mix, fibre, cable, dsl, 5g, 4g, leo or geo, got '{}'",
      text.substr(0, 64));
}

std::string_view AccessChoiceName(const AccessChoice& choice) {
  if (choice.kind == AccessChoice::Kind::kWired) return "wired";
  if (choice.kind == AccessChoice::Kind::kMix) return "mix";
  return AccessOf(choice.type).name;
}

}  // namespace terrella::net
