// ZoneHistory: the zone's present version and what has changed on the way to it, for those who have
// an earlier one (RFC 1995).
//
// Every version that was in use is a step: its SOA, and the records that the next one took away and
// put in. Versions that differ in nothing but the serial are steps too, of no records, so that a
// secondary that has any of them is understood. The oldest steps go when there are too many or they
// hold too much; who has an older version gets the whole zone.
//
// A serial never goes back while what it stands for changes: a version that differs from the last
// one gets a serial above all before (RFC 1982), also where the view that made it brought none, as
// after a policy was read again, or when a control plane lost its own.
//
// Thread: FixSerial and Take on one, state() any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "dns_router/policy/snapshot.h"
#include "dns_router/server/shared_cell.h"
#include "dns_router/transfer/zone_version.h"

namespace terrella::dns {

// From one version to the next.
struct ZoneStep {
  uint32_t from_serial = 0;
  PackedRecords from_soa, to_soa;  // one each
  PackedRecords removed, added;
  bool empty() const { return removed.empty() && added.empty(); }
  size_t bytes() const {
    return sizeof(ZoneStep) + from_soa.bytes() + to_soa.bytes() + removed.bytes() + added.bytes();
  }
};

// Immutable; kept by whoever sends from it.
struct ZoneTransferState {
  std::shared_ptr<const ZoneVersion> version;
  std::vector<std::shared_ptr<const ZoneStep>> steps;  // the oldest first
};

class ZoneHistory {
 public:
  struct Limits {
    size_t steps_max = 2048;
    size_t steps_bytes_max = 4 << 20;
    size_t zone_bytes_max = 256 << 20;
  };
  // `on_change` is called for the first version and for those that differ from the one before, from
  // Take; may be null.
  ZoneHistory(const Limits& limits, std::function<void(const ZoneVersion&)> on_change)
      : limits_(limits), on_change_(std::move(on_change)) {}

  // Before a snapshot is put in use: returns the one to put in use, it or the same with a raised
  // serial. No version is made for it when the view's own serial has grown or nodes have failed or
  // come back, so that no failover waits; only what was read again is compared first.
  std::shared_ptr<const Snapshot> FixSerial(std::shared_ptr<const Snapshot> snapshot) const;
  // When it is in use: makes the version, which takes as long as the zone is large; until then
  // secondaries get the one before. A zone that cannot be transferred is logged, and there is no
  // state.
  void Take(const Snapshot& snapshot);
  // Null before the first Take.
  std::shared_ptr<const ZoneTransferState> state() const { return state_.Get(); }

 private:
  static std::vector<NodeState> StatesIn(const Snapshot& snapshot);
  void AddStep(const ZoneVersion& from, const ZoneVersion& to);

  const Limits limits_;
  const std::function<void(const ZoneVersion&)> on_change_;
  std::optional<uint32_t> highest_serial_;
  std::vector<NodeState> states_;  // of the nodes, in the last version's view
  std::vector<std::shared_ptr<const ZoneStep>> steps_;
  size_t steps_bytes_ = 0;
  SharedCell<ZoneTransferState> state_;
};

}  // namespace terrella::dns
