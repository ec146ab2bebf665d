// Elections over etcd: the leader is who made the election's key, which lives as long as his lease.
//
// A leader keeps his lease alive three times a TTL. When he has not heard for a TTL that it lives,
// or hears that it does not, he has lost: by then etcd may have given the key to another one.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "control_plane/store/etcd_client.h"
#include "control_plane/store/etcd_keys.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

// See StateStore::Campaign. `client` outlives the leadership.
absl::StatusOr<std::unique_ptr<Leadership>> CampaignOverEtcd(EtcdClient& client,
                                                             const EtcdKeys& keys,
                                                             const CampaignOptions& options);

}  // namespace terrella::control
