#include "bundle/rollout_plan.h"

#include <cmath>
#include <optional>
#include <string>

#include "base/status.h"
#include "bundle/version_shares.h"

namespace terrella::bundle {
namespace {

constexpr Duration kBake = std::chrono::seconds(60);
constexpr Duration kBakeMax = std::chrono::hours(24 * 7);
constexpr size_t kPlaceBytesMax = 256;
constexpr uint64_t kRequestsMinMax = 1'000'000;
constexpr double kRatioMax = 1000;
constexpr double kFloorMsMax = 600'000;

uint64_t WholeMs(Duration time) {
  return static_cast<uint64_t>(ToMs(time));
}

void AddWave(std::string place, uint32_t basis_points, Duration bake, v1::RolloutPlan& plan) {
  v1::Wave& wave = *plan.add_waves();
  wave.set_place(std::move(place));
  wave.set_basis_points(basis_points);
  wave.set_bake_ms(basis_points < kAllRequests ? WholeMs(bake) : 0);
}

void AddSafeWaves(Duration bake, v1::RolloutPlan& plan) {
  AddWave("canary", 500, bake, plan);
  AddWave("region", 2'500, bake, plan);
  AddWave("all", 5'000, bake, plan);
}

v1::Gates DefaultGates() {
  v1::Gates gates;
  gates.set_error_rate_excess(0.01);
  gates.set_p99_ratio(1.5);
  gates.set_p99_floor_ms(5);
  gates.set_requests_min(100);
  gates.set_false_alarm(0.001);
  return gates;
}

void ReadWave(ConfigTable& table, Duration bake, v1::RolloutPlan& plan) {
  const std::optional<std::string> place = table.String("place", kPlaceBytesMax);
  const std::optional<double> percent = table.Number("percent", 0.01, 100);
  const Duration own = table.DurationOf("bake", Duration(0), kBakeMax).value_or(bake);
  table.RefuseUnknownKeys();
  if (!percent && !table.Has("percent")) table.Fail("percent", "a wave needs its 'percent'");
  AddWave(place.value_or("all"), static_cast<uint32_t>(std::lround(percent.value_or(1) * 100)), own,
          plan);
}

void ReadGates(ConfigTable& table, v1::Gates& gates) {
  if (const auto percent = table.Number("error_rate_excess_percent", 0, 100)) {
    gates.set_error_rate_excess(*percent / 100);
  }
  if (const auto ratio = table.Number("p99_ratio", 1, kRatioMax)) gates.set_p99_ratio(*ratio);
  if (const auto floor = table.Number("p99_floor_ms", 0, kFloorMsMax)) {
    gates.set_p99_floor_ms(*floor);
  }
  if (const auto least = table.Integer("requests_min", 1, kRequestsMinMax)) {
    gates.set_requests_min(static_cast<uint64_t>(*least));
  }
  if (const auto chance = table.Number("false_alarm", 1e-9, 0.5)) gates.set_false_alarm(*chance);
  if (const auto quiet = table.String("when_quiet")) {
    if (*quiet != "hold" && *quiet != "pass") {
      table.Fail("when_quiet", "expected \"hold\" or \"pass\"");
    }
    gates.set_pass_when_quiet(*quiet == "pass");
  }
  table.RefuseUnknownKeys();
}

bool IsEverything(const v1::Wave& wave) {
  return wave.basis_points() == kAllRequests && wave.place() == "all";
}

absl::Status CheckGates(const v1::Gates& gates) {
  // Written so that what is no number fails, too.
  if (!(gates.error_rate_excess() >= 0 && gates.error_rate_excess() <= 1)) {
    return InvalidArgument("the gate's error_rate_excess is 0 to 1, got {}",
                           gates.error_rate_excess());
  }
  if (!(gates.p99_ratio() >= 1 && gates.p99_ratio() <= kRatioMax)) {
    return InvalidArgument("the gate's p99_ratio is 1 to {}, got {}", kRatioMax, gates.p99_ratio());
  }
  if (!(gates.p99_floor_ms() >= 0 && gates.p99_floor_ms() <= kFloorMsMax)) {
    return InvalidArgument("the gate's p99_floor_ms is 0 to {}, got {}", kFloorMsMax,
                           gates.p99_floor_ms());
  }
  if (gates.requests_min() < 1 || gates.requests_min() > kRequestsMinMax) {
    return InvalidArgument("the gate's requests_min is 1 to {}, got {}", kRequestsMinMax,
                           gates.requests_min());
  }
  if (!(gates.false_alarm() > 0 && gates.false_alarm() <= 0.5)) {
    return InvalidArgument("the gate's false_alarm is above 0 and at most 0.5, got {}",
                           gates.false_alarm());
  }
  return absl::OkStatus();
}

}  // namespace

v1::RolloutPlan SafePlan() {
  v1::RolloutPlan plan;
  AddSafeWaves(kBake, plan);
  AddWave("all", kAllRequests, Duration(0), plan);
  *plan.mutable_gates() = DefaultGates();
  return plan;
}

v1::RolloutPlan ReadRolloutPlan(ConfigTable& table) {
  v1::RolloutPlan plan;
  *plan.mutable_gates() = DefaultGates();
  const Duration bake = table.DurationOf("bake", Duration(0), kBakeMax).value_or(kBake);
  for (ConfigTable& wave : table.Tables("waves", kWavesMax)) ReadWave(wave, bake, plan);
  if (plan.waves().empty()) AddSafeWaves(bake, plan);
  if (!IsEverything(*plan.waves().rbegin())) AddWave("all", kAllRequests, Duration(0), plan);
  if (auto gates = table.Table("gates")) ReadGates(*gates, *plan.mutable_gates());
  table.RefuseUnknownKeys();
  if (absl::Status status = CheckRolloutPlan(plan); !status.ok()) {
    table.Fail("waves", Message(status));
  }
  return plan;
}

absl::StatusOr<v1::RolloutPlan> ParseRolloutPlan(std::string_view text,
                                                 std::string_view file_name) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, file_name));
  ConfigTable root = file.root();
  v1::RolloutPlan plan = ReadRolloutPlan(root);
  RETURN_IF_ERROR(file.status());
  return plan;
}

std::string RolloutPlanText(const v1::RolloutPlan& plan, std::string_view prefix) {
  std::string out;
  for (const v1::Wave& wave : plan.waves()) {
    out += fmt::format("[[{}waves]]\nplace = \"{}\"\npercent = {}\nbake = \"{}ms\"\n", prefix,
                       wave.place(), wave.basis_points() / 100.0, wave.bake_ms());
  }
  const v1::Gates& gates = plan.gates();
  return out + fmt::format(
                   "[{}gates]\nerror_rate_excess_percent = {}\np99_ratio = {}\np99_floor_ms = {}\n"
                   "requests_min = {}\nfalse_alarm = {}\nwhen_quiet = \"{}\"\n",
                   prefix, 100 * gates.error_rate_excess(), gates.p99_ratio(), gates.p99_floor_ms(),
                   gates.requests_min(), gates.false_alarm(),
                   gates.pass_when_quiet() ? "pass" : "hold");
}

absl::Status CheckRolloutPlan(const v1::RolloutPlan& plan) {
  if (plan.waves().empty() || static_cast<size_t>(plan.waves_size()) > kWavesMax) {
    return InvalidArgument("a rollout has 1 to {} waves, got {}", kWavesMax, plan.waves_size());
  }
  if (!IsEverything(*plan.waves().rbegin())) {
    return InvalidArgument("the last wave of a rollout is 100 % of 'all'");
  }
  uint32_t before = 0;
  for (int i = 0; i < plan.waves_size(); ++i) {
    const v1::Wave& wave = plan.waves(i);
    const uint32_t share = wave.basis_points();
    if (wave.place().empty() || wave.place().size() > kPlaceBytesMax) {
      return InvalidArgument("wave {} names no place", i + 1);
    }
    if (share == 0 || share > kAllRequests ||
        (share == kAllRequests && i + 1 < plan.waves_size())) {
      return InvalidArgument(
          "wave {} has {} % of the requests; every wave but the last has more than 0 and less than "
          "100, so that there is something to compare with",
          i + 1, share / 100.0);
    }
    if (share < before) {
      return InvalidArgument("wave {} has a smaller share ({} %) than the wave before ({} %)",
                             i + 1, share / 100.0, before / 100.0);
    }
    if (wave.bake_ms() > WholeMs(kBakeMax)) {
      return InvalidArgument("wave {} bakes for longer than a week", i + 1);
    }
    before = share;
  }
  return CheckGates(plan.gates());
}

}  // namespace terrella::bundle
