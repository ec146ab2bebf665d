// Leading: of several control planes over one etcd, one serves and the others stand by.
//
// A process campaigns, serves while it leads, and campaigns again when it was deposed. What it
// writes is fenced (FencedStore). An etcd that has been seen once is waited for however long it is
// away.
//
// Thread: the caller's, until a signal ends it.
#pragma once

#include <csignal>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control_plane/kv/kv_store.h"
#include "control_plane/store/etcd_address.h"
#include "control_plane/store/state_store.h"

namespace terrella::control {

struct LeadOptions {
  EtcdAddress etcd;
  StoreLimits limits;
  std::string holder;  // who this is, for people
  Duration ttl;        // as CampaignOptions
  int deposed = 0;     // the signal this process sends itself when it is deposed; one of `signals`
  sigset_t signals;    // blocked in every thread; the others end it
  const Clock& clock;  // outlives the call
};

// `serve` serves from the store and the values of KV until a signal of `signals`, and returns that.
// OK when a signal ended it; errors before it has once stood by are returned, later ones are logged
// and tried again.
absl::Status ServeWhileLeading(
    const LeadOptions& options,
    const std::function<absl::StatusOr<int>(StateStore&, KvStore&)>& serve);

}  // namespace terrella::control
