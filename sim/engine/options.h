// What the virtual-time engine is told beside the scenario: the network, how long things take in a
// live cluster, and what the workers were measured to need.
//
// Plain data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sim/bgp/internet.h"
#include "sim/bgp/presets.h"
#include "sim/net/last_mile.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/net/pops.h"
#include "sim/scenario/service_profile.h"

namespace terrella::sim {

// How long a live cluster takes for what a timeline asks of it: medians of thirty nodes on a quiet
// machine of two cores (scripts/validate/cluster_times.py 12).
struct ClusterTimes {
  Duration command = std::chrono::milliseconds(12);       // from a command's start until it acts
  Duration notice = std::chrono::milliseconds(1);         // from there until steering knows
  Duration boot = std::chrono::milliseconds(50);          // from a start until the node is READY
  Duration control_boot = std::chrono::milliseconds(67);  // of the control plane
  Duration control_awaits = std::chrono::seconds(3);      // so long it then waits for dead nodes
  Duration lease = std::chrono::milliseconds(2975);       // a silent node is then taken for dead
  Duration rejoin = std::chrono::milliseconds(62);        // from its first word until it is READY
  Duration deploy = std::chrono::milliseconds(54);        // from a deploy until all nodes serve it
  Duration wave = std::chrono::milliseconds(50);          // ... from what a rollout decides
  Duration convergence = std::chrono::milliseconds(500);  // as IngressOptions
  Duration dns_ttl = std::chrono::seconds(5);             // as the DNS router's
  // Mistakes on purpose, which the test of chaos must find.
  bool start_forgets_drain = false;
  bool rollback_misses_the_dead = false;  // a node that was down then keeps the shares it had
  bool waves_move_keys = false;           // a key's place depends on the share
  bool kv_acks_early = false;             // a node answers a write of KV before it is stored
  bool leases_never_end = false;          // who is cut off is never taken for dead
  bool rejoin_misses_deploys = false;     // who is together again keeps the versions it had
  bool control_forgets_nodes = false;     // one that is started again waits for them to be believed
};

struct EngineOptions {
  std::vector<net::PopSite> pops;  // at least one, at most 4096
  // By deploy, the first being what was there before all; then by request kind of the scenario.
  // After more deploys than there are the last counts.
  std::vector<std::vector<ServiceProfile>> services;
  ClusterTimes times;
  // How BGP leads anycast connections, instead of to the nearest site; then `internet` is set.
  std::optional<bgp::PresetOptions> anycast;
  std::shared_ptr<const bgp::Internet> internet;
  net::LastMileOptions last_mile;    // of those who say nothing else
  bool restarts_keep_caches = true;  // as live: what a node's disk held is found again
  size_t cache_bytes = 256 << 20;    // of one node, as its --cache_disk_mib
  bool jitter = true;
  uint64_t cluster_seed = 1;  // of the paths, as `ingress --seed`
  int threads = 0;            // 0: one a core

  const ServiceProfile& ServiceOf(uint16_t version, size_t kind) const {
    return services[std::min<size_t>(version, services.size() - 1)][kind];
  }
};

struct EngineWorld {
  std::shared_ptr<const net::Places> places;
  std::shared_ptr<const net::LatencyModel> latency;
};

}  // namespace terrella::sim
