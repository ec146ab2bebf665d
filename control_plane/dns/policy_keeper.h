// PolicyKeeper: how people want names steered: stored a row a name, checked as a router would,
// handed out with every view.
//
// Names that are steered alike share one chain in a router, so the limit that matters is on chains
// that differ.
//
// Thread: one.
// Invariants: what it has is what the store has; every row passes PolicyFromProto.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::control {

struct PolicyLimits {
  size_t names_max = 1024;
  size_t chains_max = 64;      // that differ: ViewZoneLimits::policies_max of routers
  size_t bytes_max = 1 << 20;  // of all rows: they travel with every view
};

class PolicyKeeper {
 public:
  // What policies speak of, for warnings.
  struct Known {
    std::set<std::string> nodes;      // ids
    std::set<std::string> hostnames;  // that have a route
  };
  // `zone`: the zone's name. `changed` is called after every commit.
  PolicyKeeper(const Clock& clock, StateStore& store, std::string zone,
               std::function<Known()> known, std::function<void()> changed,
               const PolicyLimits& limits = {})
      : clock_(clock),
        store_(store),
        zone_(std::move(zone)),
        known_(std::move(known)),
        changed_(std::move(changed)),
        limits_(limits) {}

  // Reads the store; errors are the store's, or DataLoss.
  absl::Status Load();
  // See dns_zone.proto.
  absl::StatusOr<v1::DnsChangeResponse> Set(const v1::SetDnsPolicyRequest& request);
  absl::StatusOr<v1::DnsChangeResponse> Remove(const v1::RemoveDnsPolicyRequest& request);
  absl::StatusOr<v1::ListDnsPoliciesResponse> List(const v1::ListDnsPoliciesRequest&) const;
  void AddTo(v1::View& view) const;

 private:
  struct Row {
    v1::DnsPolicyRow row;
    Revision modified = 0;
  };
  absl::Status CheckLimits(const v1::DnsPolicy& policy) const;
  void AddWarnings(const v1::DnsPolicy& policy, v1::DnsChangeResponse& response) const;

  const Clock& clock_;
  StateStore& store_;
  const std::string zone_;
  const std::function<Known()> known_;
  const std::function<void()> changed_;
  const PolicyLimits limits_;
  std::map<std::string, Row> rows_;  // by name, as text in lower case
};

}  // namespace terrella::control
