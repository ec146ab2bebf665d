#include "control_plane/waves/wave_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/status.h"

namespace terrella::control {
namespace {

struct Places {
  const std::vector<WaveNode>& nodes;
  const WaveNode* canary = nullptr;  // null: none is ready
};

const WaveNode* Busiest(const std::vector<WaveNode>& nodes) {
  const WaveNode* best = nullptr;
  for (const WaveNode& node : nodes) {
    if (node.ready && (best == nullptr || node.requests > best->requests)) best = &node;
  }
  return best;
}

absl::Status AddPlace(std::string_view word, const Places& places, v1::Scope& scope) {
  if (word == "canary" || word == "region") {
    if (places.canary == nullptr) {
      return FailedPrecondition("no node is ready, so there is no {} to begin with", word);
    }
    const bool whole = word == "region" && !places.canary->continent.empty();
    whole ? scope.add_continents(places.canary->continent) : scope.add_pops(places.canary->pop);
    return absl::OkStatus();
  }
  std::set<std::string_view> pops, continents;
  for (const WaveNode& node : places.nodes) {
    pops.insert(node.pop);
    if (!node.continent.empty()) continents.insert(node.continent);
  }
  if (pops.contains(word)) return scope.add_pops(std::string(word)), absl::OkStatus();
  if (continents.contains(word)) return scope.add_continents(std::string(word)), absl::OkStatus();
  return InvalidArgument(
      "no place of this network is called '{}'; there are canary, region, all, {}, {}", word,
      fmt::join(continents, ", "), fmt::join(pops, ", "));
}

v1::VersionShare Share(const std::string& version, uint32_t basis_points) {
  v1::VersionShare share;
  share.set_version_id(version);
  share.set_basis_points(basis_points);
  return share;
}

bool IsAll(const v1::Scope& scope) {
  return scope.pops().empty() && scope.continents().empty();
}

}  // namespace

absl::Status PlaceWaves(const std::vector<WaveNode>& nodes, v1::RolloutPlan& plan) {
  const Places places{nodes, Busiest(nodes)};
  for (v1::Wave& wave : *plan.mutable_waves()) {
    wave.clear_scope();
    std::string_view rest = wave.place();
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view word = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (word != "all") {
        RETURN_IF_ERROR(AddPlace(word, places, *wave.mutable_scope()));
      } else if (wave.place() != "all") {
        return InvalidArgument("'all' stands alone, got '{}'", wave.place());
      }
    }
  }
  return absl::OkStatus();
}

WaveShares SharesIn(const v1::Rollout& rollout) {
  using bundle::kAllRequests;
  WaveShares out;
  uint32_t base = 0;
  for (int i = static_cast<int>(rollout.wave()); i >= 0; --i) {
    const v1::Wave& wave = rollout.plan().waves(i);
    if (IsAll(wave.scope())) {
      base = wave.basis_points();
      break;
    }
    v1::PlacedShares& placed = out.placed.emplace_back();
    *placed.mutable_scope() = wave.scope();
    *placed.add_shares() = Share(rollout.new_version(), wave.basis_points());
    *placed.add_shares() = Share(rollout.old_version(), kAllRequests - wave.basis_points());
  }
  if (base > 0) out.base.push_back(Share(rollout.new_version(), base));
  if (base < kAllRequests) out.base.push_back(Share(rollout.old_version(), kAllRequests - base));
  return out;
}

bool InWaves(const v1::Rollout& rollout, const bundle::NodePlace& place) {
  for (uint32_t i = 0; i <= rollout.wave(); ++i) {
    if (bundle::Holds(rollout.plan().waves(static_cast<int>(i)).scope(), place)) return true;
  }
  return false;
}

std::string WaveText(const v1::Wave& wave) {
  std::vector<std::string> names(wave.scope().pops().begin(), wave.scope().pops().end());
  names.insert(names.end(), wave.scope().continents().begin(), wave.scope().continents().end());
  return fmt::format("{} {} %", names.empty() ? "all" : fmt::format("{}", fmt::join(names, ",")),
                     wave.basis_points() / 100.0);
}

}  // namespace terrella::control
