// LiveAnycast: an anycast network whose sites come and go while people connect.
//
// A client is somebody at a place, on one of the networks that people there use. Where its
// connection ends, and after how long a path, is asked at a moment: the packet is walked from AS to
// AS, each of which forwards by the newest announcements it has heard of (convergence.h). So just
// after a withdrawal some connections still end at the dark site, some find no route or go round in
// circles, and it depends on the network. A few clients flip between two sites flow by flow
// (flips.h).
//
//   auto world = LoadInternet(hubs, {});
//   LiveAnycast live(*world, {});
//   live.Announce(MakeNetwork(**world, sites, *FindPreset("cdn")), now);
//   Client client = live.ClientAt(place, client_key);
//   Reached reached = live.SiteOf(client, flow_key, now);
//
// It leaves out DNS: of a regional network a client has the prefix that the newest announcements
// give it. Nothing here waits or reads a clock.
//
// Thread: one. Owns: the last four announcements, each with its catchment. 9 MB in all with the
// default Internet, 36 MB with a graph of 78,638 ASes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "sim/bgp/catchment.h"
#include "sim/bgp/convergence.h"
#include "sim/bgp/flips.h"
#include "sim/net/places.h"

namespace terrella::bgp {

struct LiveOptions {
  ConvergenceOptions convergence;
  FlipOptions flips;
  uint64_t seed = 1;
};

// Who connects. Made by ClientAt, good for the life of the LiveAnycast.
struct Client {
  StopId stop = 0;      // where its packets start
  Asn asn = 0;          // its network
  float access_ms = 0;  // round trip from it to the stop, last mile included
  uint64_t key = 0;
};

struct Reached {
  enum class Kind : uint8_t {
    kSite,     // `hub`, `rtt_ms`
    kNoRoute,  // an AS on the way has none: refused at once, at best
    kLoop      // ASes that have heard different news pass it round: no answer
  };
  Kind kind = Kind::kNoRoute;
  HubId hub = 0;            // of the site
  float rtt_ms = 0;         // along the path, last mile included
  int ases = 0;             // on the path
  bool withdrawn = false;   // the site announces no more: whether it still answers is its affair
  bool converging = false;  // some AS on the way has not heard the newest yet
  bool breaks = false;      // packets of this one connection reach two sites: it will be reset
};

class LiveAnycast {
 public:
  LiveAnycast(std::shared_ptr<const Internet> internet, const LiveOptions& options);

  // From `now` (>= any before) on the network is this one. The first counts as heard everywhere.
  // Takes 1 ms for the default Internet, 16 ms for a graph of 78,638 ASes.
  void Announce(AnycastNetwork network, MonotonicTime now);

  // Somebody at a place; `key` draws the network. NotFound when the graph has no `asn`;
  // one with nobody near is entered where it is nearest.
  Client ClientAt(const net::Place& place, uint64_t key) const;
  absl::StatusOr<Client> ClientAt(const net::Place& place, uint64_t key, Asn asn) const;

  // Where a connection made now ends. The same flow at the same moment has the same answer.
  Reached SiteOf(const Client& client, uint64_t flow_key, MonotonicTime now) const;

  const Internet& internet() const { return *internet_; }
  // Of clients by users: those who have two sites within equally good reach, once all have heard
  // the newest.
  double two_site_share() const { return two_site_share_; }

 private:
  // The network from one announcement to the next.
  struct Epoch {
    uint64_t number = 0;
    MonotonicTime at{};
    AnycastNetwork network;
    Catchment catchment;
    const Catchment& Of(int region) const {
      return region == kAllRegions ? catchment : catchment.prefixes[static_cast<size_t>(region)];
    }
  };
  struct Walk {
    Reached reached;
    std::vector<std::pair<size_t, StopId>> steps;  // epoch by index, stop
  };

  const Epoch& EpochOf(AsId as, int region, MonotonicTime now) const;
  int RegionOf(const Client& client) const;
  Walk WalkFrom(StopId stop, int region, MonotonicTime now) const;
  std::optional<Reached> OtherEnd(const Walk& walk, int region) const;
  bool IsUnstable(const Client& client) const;
  void MeasureTwoSiteShare(MonotonicTime now);

  const std::shared_ptr<const Internet> internet_;
  const LiveOptions options_;
  CatchmentEngine engine_;
  std::deque<Epoch> epochs_;  // by time; all that some AS may still use
  std::vector<int8_t> prefix_of_hub_;
  HubSet in_use_;  // by the newest epoch
  uint64_t next_number_ = 0;
  std::vector<StopId> sample_;  // stops drawn by users
  double two_site_share_ = 0;
};

}  // namespace terrella::bgp
