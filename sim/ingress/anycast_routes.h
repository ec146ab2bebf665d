// AnycastRoutes: where anycast connections end when BGP decides, and not distance.
//
// The network is what a preset makes of the sites of all nodes; it announces its address at those
// whose nodes are announced (catchment.h). A client is somebody of its city on a network that
// people there use, and its packets go from AS to AS (sim/bgp). When a site withdraws, its clients
// move as the ASes hear of it: for seconds to minutes some connections still end at the dark site,
// some find no route.
//
// Thread: Update on one while nobody asks, Find on any. Owns: the routes of the last announcements.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/bgp/live_anycast.h"
#include "sim/bgp/presets.h"
#include "sim/ingress/catchment.h"
#include "sim/ingress/path.h"
#include "sim/ingress/placer.h"

namespace terrella::sim {

class AnycastRoutes {
 public:
  AnycastRoutes(std::shared_ptr<const bgp::Internet> internet, const bgp::PresetOptions& preset,
                const bgp::LiveOptions& options)
      : internet_(std::move(internet)), preset_(preset), options_(options) {
    Forget();
  }

  // Announces what `catchment` says is announced; nothing happens when that is as before. Until
  // somebody connects, all is heard at once: a network that starts is as if it had always been
  // there. Sites the Internet has no hub for are left out; the reason is in `complaints`.
  void Update(const Catchment& catchment, MonotonicTime now, std::vector<std::string>* complaints);

  // Where a connection made now ends; no site and a refusal when it ends nowhere. `flow` names the
  // connection.
  Reach Find(const Catchment& catchment, const Placement& placement, uint64_t flow,
             MonotonicTime now, Refusal* refusal) const;

 private:
  void Forget() { live_ = std::make_unique<bgp::LiveAnycast>(internet_, options_); }

  const std::shared_ptr<const bgp::Internet> internet_;
  const bgp::PresetOptions preset_;
  const bgp::LiveOptions options_;
  std::unique_ptr<bgp::LiveAnycast> live_;
  bgp::AnycastNetwork network_;  // with all sites
  std::set<bgp::HubId> known_, announced_;
  std::map<bgp::HubId, std::string> node_at_;  // its id; an announced one if there is one
  mutable std::atomic<bool> used_ = false;     // somebody has connected
};

}  // namespace terrella::sim
