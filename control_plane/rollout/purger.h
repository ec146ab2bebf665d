// Purger: takes what people want forgotten and adds it to the purges every node holds.
//
// A script's purges are one resource that every node gets like any other, so a purge is pushed,
// acknowledged and caught up with as a deploy is. It stays bounded: beyond `rules_max` the oldest
// rules go and the floor rises to the newest of them, which purges more than was asked for and
// never less.
//
// Stamps are wall time made to grow: after a restore from an older copy of the store they are still
// above those that nodes have seen.
//
// Thread: one.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/rollout/resource_table.h"
#include "control_plane/store/state_store.h"
#include "terrella/v1/caches.pb.h"

namespace terrella::control {

struct PurgeLimits {
  int values_max = 100;  // of one request
  size_t value_bytes_max = 2048;
  int rules_max = 256;  // of one script
  size_t rules_bytes_max = 128 << 10;
};

// The purges after a request. InvalidArgument names the value that is wrong.
absl::StatusOr<v1::Purges> AddPurge(v1::Purges purges, const v1::PurgeRequest& request,
                                    WallTime now, const PurgeLimits& limits = {});
// The purges of a script that is gone: everything.
v1::Purges PurgeAll(v1::Purges purges, WallTime now);
// "purge/hello"
std::string PurgesName(const std::string& script);

class Purger {
 public:
  // `committed` is called with the new revision.
  Purger(const Clock& clock, StateStore& store, const ResourceTable& table,
         std::function<void(Revision)> committed)
      : clock_(clock), store_(store), table_(table), committed_(std::move(committed)) {}

  absl::StatusOr<v1::PurgeResponse> Purge(const v1::PurgeRequest& request);

 private:
  const Clock& clock_;
  StateStore& store_;
  const ResourceTable& table_;
  const std::function<void(Revision)> committed_;
};

}  // namespace terrella::control
