// Catchment: which site an anycast address leads to from a place, as nodes come and go.
//
// A node announces the address while it is READY. One that falls back to SYNCING (the control plane
// was restarted) keeps its announcement, one that was never READY has none yet. A node that drains,
// goes DOWN or disappears withdraws; routers elsewhere take the convergence delay to hear of it,
// and connections made meanwhile still end there. New announcements are heard at once. Among the
// announced sites the one with the least modelled round-trip time wins: the routing of an address
// that all big networks hear at every site.
//
// Thread: one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/tcp.h"
#include "sim/net/latency_model.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::sim {

// A node as the ingress sees it.
struct Site {
  std::string id;   // of the node
  std::string pop;  // IATA code
  SocketAddress address;
  net::Endpoint endpoint;
};

class Catchment {
 public:
  // `convergence`: how long a withdrawn announcement still attracts connections.
  Catchment(const net::LatencyModel& model, Duration convergence)
      : model_(model), convergence_(convergence) {}

  // Nodes without a usable address or position are left out; the reason is in `complaints`.
  void Update(const v1::View& view, MonotonicTime now, std::vector<std::string>* complaints);
  bool has_view() const { return has_view_; }

  // The site that catches an anycast connection; null when none is announced. Ties go to the lesser
  // id. The pointer is good until the next Update.
  const Site* Nearest(const net::Endpoint& client, MonotonicTime now) const;
  // All that are known, by id, and whether each was announced by the last view.
  struct Known {
    const Site* site = nullptr;
    bool announced = false;
  };
  std::vector<Known> Sites() const;
  // Any node of the view, whatever its state; null when there is none.
  const Site* ByAddress(const IpAddress& ip) const;
  // By PoP or node id, any case.
  const Site* ByName(std::string_view name) const;
  std::vector<std::string> Names() const;

 private:
  struct Entry {
    Site site;
    bool announced = false;
    MonotonicTime heard_until{};  // while not announced
  };
  const net::LatencyModel& model_;
  const Duration convergence_;
  std::map<std::string, Entry> entries_;  // by id
  bool has_view_ = false;
};

}  // namespace terrella::sim
