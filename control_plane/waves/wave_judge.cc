#include "control_plane/waves/wave_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace terrella::control {
namespace {

constexpr uint64_t kFirstLookAt = 10;  // requests
constexpr double kLookGrowth = 1.3;
constexpr Duration kReadEvery = std::chrono::seconds(1);
constexpr size_t kNamesShown = 5;
constexpr int kLossesOfNodeMax = 2;  // of one node in one wave; one more trips it

std::string Names(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesShown);
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// What nodes themselves say against the version.
v1::GateReading OfNodes(size_t count, std::string text) {
  v1::GateReading reading;
  reading.set_gate("nodes");
  reading.set_verdict(v1::GateReading::TRIPPED);
  reading.set_new_value(static_cast<double>(count));
  reading.set_p_value(0);
  reading.set_text(std::move(text));
  return reading;
}

}  // namespace

WaveJudge::WaveJudge(const Clock& clock, const v1::Gates& gates, Duration bake)
    : clock_(clock), gates_(gates), bake_(bake), began_(clock.Now()), next_look_at_(kFirstLookAt) {}

v1::WaveFigures WaveJudge::Read(bool look) {
  const MonotonicTime now = clock_.Now();
  if (!look && read_at_ && now - *read_at_ < kReadEvery) return figures_;
  read_at_ = now;
  const auto k = static_cast<double>(looks_ + 1);
  figures_ = evidence_.Read(gates_, gates_.false_alarm() / (kTestedGates * k * (k + 1)));
  figures_.set_window_ms(static_cast<uint64_t>(ToMs(now - began_)));
  if (!look) {
    // Between looks nothing is decided.
    for (int i = 0; i < figures_.gates_size(); ++i) {
      figures_.mutable_gates(i)->set_verdict(looks_ == 0 ? v1::GateReading::WAITS
                                                         : looked_at_.gates(i).verdict());
    }
    return figures_;
  }
  looked_at_ = figures_;
  ++looks_;
  next_look_at_ = static_cast<uint64_t>(std::ceil(
      std::max<double>(kFirstLookAt, static_cast<double>(evidence_.new_requests())) * kLookGrowth));
  return figures_;
}

std::string WaveJudge::Missing(const WaveNodes& nodes) const {
  if (!nodes.down.empty()) return fmt::format("went down in this wave: {}", Names(nodes.down));
  if (nodes.connected == 0) return "no node of the wave is connected";
  if (!nodes.lagging.empty()) {
    return fmt::format("has not taken the wave: {}", Names(nodes.lagging));
  }
  if (gates_.pass_when_quiet() || HasEnoughRequests()) return "";
  return fmt::format(
      "too little traffic to judge: {} requests of the new version and {} of the old "
      "one on the same nodes, {} of each are needed",
      evidence_.new_requests(), evidence_.old_requests(), gates_.requests_min());
}

void WaveJudge::CountLosses(const std::vector<std::string>& down) {
  for (const std::string& node : down) {
    if (!down_ || down_->contains(node)) continue;
    ++losses_[node];
    baking_since_.reset();
    looked_to_pass_ = false;
  }
  down_.emplace(down.begin(), down.end());
}

bool WaveJudge::HasEnoughRequests() const {
  return std::min(evidence_.new_requests(), evidence_.old_requests()) >= gates_.requests_min();
}

std::string WaveJudge::Doubt() const {
  // What is too little to judge is too little to doubt.
  if (gates_.pass_when_quiet() && !HasEnoughRequests()) return "";
  std::string text;
  for (const v1::GateReading& gate : looked_at_.gates()) {
    if (gate.verdict() != v1::GateReading::WAITS) continue;
    text += fmt::format("{}{}: {}, which may still be chance", text.empty() ? "" : "; ",
                        gate.gate(), gate.text());
  }
  return text;
}

WaveVerdict WaveJudge::Judge(const WaveNodes& nodes, bool paused) {
  using Kind = WaveVerdict::Kind;
  if (tripped_) return *tripped_;
  WaveVerdict verdict;
  const MonotonicTime now = clock_.Now();
  CountLosses(nodes.down);
  if (!baking_since_ && nodes.connected > 0 && nodes.lagging.empty() && nodes.down.empty()) {
    baking_since_ = now;
  }
  verdict.bake_left = baking_since_ ? std::max(Duration(0), *baking_since_ + bake_ - now) : bake_;
  const bool baked = baking_since_ && verdict.bake_left == Duration(0);
  const std::string missing = Missing(nodes);
  const bool may_pass = baked && missing.empty() && !paused;
  // The look before it passes is one, however long it holds after that.
  verdict.figures = Read(LookIsDue() || (may_pass && !looked_to_pass_));
  looked_to_pass_ |= may_pass;
  if (!nodes.rejected.empty()) {
    const v1::NodeRejection& first = nodes.rejected.front();
    *verdict.figures.add_gates() =
        OfNodes(nodes.rejected.size(),
                fmt::format("{} refuses it: {}: {}", first.node(), first.code(), first.detail()));
  }
  for (const auto& [node, times] : losses_) {
    if (times <= kLossesOfNodeMax) continue;
    *verdict.figures.add_gates() =
        OfNodes(1, fmt::format("{} was lost {} times in this wave", node, times));
  }
  for (const v1::GateReading& gate : verdict.figures.gates()) {
    if (gate.verdict() != v1::GateReading::TRIPPED) continue;
    verdict.kind = Kind::kTripped;
    verdict.why += (verdict.why.empty() ? "" : "; ") + gate.gate() + ": " + gate.text();
  }
  if (verdict.kind == Kind::kTripped) {
    tripped_ = verdict;
    return verdict;
  }
  const std::string doubt = Doubt();
  if (may_pass && doubt.empty()) {
    verdict.kind = Kind::kPassed;
  } else if (!baking_since_) {
    verdict.kind = Kind::kConverging;
    verdict.why = missing;
  } else if (!baked) {
    verdict.kind = Kind::kBaking;
  } else {
    verdict.kind = Kind::kHolding;
    verdict.why = paused ? "paused" : missing.empty() ? doubt : missing;
  }
  return verdict;
}

}  // namespace terrella::control
