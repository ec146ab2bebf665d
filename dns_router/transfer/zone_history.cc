#include "dns_router/transfer/zone_history.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"

namespace terrella::dns {

std::shared_ptr<const Snapshot> ZoneHistory::FixSerial(
    std::shared_ptr<const Snapshot> snapshot) const {
  const std::shared_ptr<const ZoneTransferState> before = state_.Get();
  const uint32_t serial = SerialOf(snapshot->zone());
  if (!highest_serial_ || SerialLess(*highest_serial_, serial) ||
      (before != nullptr && before->version->apex() != snapshot->zone().apex())) {
    return snapshot;
  }
  bool same = false;
  if (StatesIn(*snapshot) == states_) {
    const auto version = ZoneVersion::Build(*snapshot, limits_.zone_bytes_max);
    if (!version.ok()) return snapshot;  // Take will say so
    same = before != nullptr && before->version->SameContentAs(**version);
  }
  const uint32_t raise = *highest_serial_ + (same ? 0 : 1) - serial;
  if (raise == 0) return snapshot;
  auto raised = snapshot->WithSerialRaised(raise);
  CHECK(raised.ok());  // it was built from the same before
  return *std::move(raised);
}

std::vector<NodeState> ZoneHistory::StatesIn(const Snapshot& snapshot) {
  std::vector<NodeState> states;
  for (const NodeFacts& node : snapshot.view().nodes) states.push_back(node.state);
  return states;
}

void ZoneHistory::Take(const Snapshot& snapshot) {
  const std::shared_ptr<const ZoneTransferState> before = state_.Get();
  const auto version = ZoneVersion::Build(snapshot, limits_.zone_bytes_max);
  if (!version.ok()) {
    LogError("zone transfers stop: {}", Message(version.status()));
    steps_.clear();
    steps_bytes_ = 0;
    state_.Set(nullptr);
    return;
  }
  if (before != nullptr && before->version->apex() != (*version)->apex()) {
    steps_.clear();
    steps_bytes_ = 0;
  } else if (before != nullptr && before->version->serial() != (*version)->serial()) {
    AddStep(*before->version, **version);
  }
  highest_serial_ = (*version)->serial();
  states_ = StatesIn(snapshot);
  state_.Set(std::make_shared<const ZoneTransferState>(ZoneTransferState{*version, steps_}));
  const bool same = before != nullptr && before->version->SameContentAs(**version);
  if (!same && on_change_) on_change_(**version);
}

void ZoneHistory::AddStep(const ZoneVersion& from, const ZoneVersion& to) {
  auto step = std::make_shared<ZoneStep>();
  step->from_serial = from.serial();
  step->from_soa.AddPacked(from.soa());
  step->to_soa.AddPacked(to.soa());
  step->removed = Added(to.records(), from.records());
  step->added = Added(from.records(), to.records());
  steps_bytes_ += step->bytes();
  steps_.push_back(std::move(step));
  auto kept = steps_.begin();
  while (steps_bytes_ > limits_.steps_bytes_max ||
         static_cast<size_t>(steps_.end() - kept) > limits_.steps_max) {
    steps_bytes_ -= (*kept++)->bytes();
  }
  steps_.erase(steps_.begin(), kept);
}

}  // namespace terrella::dns
