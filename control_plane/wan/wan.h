// Wan: when what the control plane and its nodes say to each other arrives, were they where the map
// has them.
//
//   home ---- relay ---- node        a node belongs to the relay that is nearest to it,
//     '------------------ node       or to home when that is nearer
//
// The control plane stands in one city, home. Content goes once to a relay, which passes on what it
// has while more is coming, to each of its nodes. Every leg is a connection of its own whose window
// begins anew (RFC 5681 section 4.1: it was idle) and doubles every round trip, so that a leg with
// fewer kilometres is filled sooner; every sender has an uplink, through which its copies leave one
// after the other. What nodes say goes back over the same legs.
//
// It leaves out: jitter and loss, the time that relays compute, what a relay forgets when it dies,
// and windows that are still open from the push before.
//
// Thread: one. Times are the caller's; nothing waits here (wan_lane.h does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "sim/net/latency_model.h"

namespace terrella::control {

struct WanOptions {
  std::filesystem::path data;  // the world's
  std::string home;            // a city, or a PoP's code
  std::string relays;          // codes of PoPs, divided by commas; "": none
};

struct WanLimits {
  double uplink_bits_per_s = 1e9;  // of home and of each relay
  size_t copies_max = 4096;        // contents that a relay remembers to have
};

// One end of a leg.
struct WanSite {
  std::string name;
  net::Endpoint at;
};

// The legs between home and one node.
struct WanWay {
  std::optional<size_t> relay;  // none: straight
  double home_rtt_ms = 0;       // between home and the relay; 0 without
  double node_rtt_ms = 0;       // between the relay, or home, and the node
  Duration OneWay() const { return FromMs((home_rtt_ms + node_rtt_ms) / 2); }
};

// One content on its way to one node.
class WanFlow {
 public:
  // When the node has its first `bytes`.
  MonotonicTime ArrivalOf(uint64_t bytes) const;

 private:
  friend class Wan;
  struct Leg {
    MonotonicTime begun;
    double rtt_ms = 0;
    double uplink_bits_per_s = 1;
    MonotonicTime ArrivalOf(uint64_t bytes) const;
  };
  std::optional<Leg> first;  // to the relay
  Leg last;
};

class Wan {
 public:
  // The errors of Places::Find and Pops::Get, with the flag's name.
  static absl::StatusOr<std::unique_ptr<Wan>> Load(const WanOptions& options);
  Wan(std::shared_ptr<const net::LatencyModel> latency, WanSite home, std::vector<WanSite> relays,
      const WanLimits& limits = {});

  WanWay WayTo(std::string_view country, const net::Coordinates& at) const;
  // The relay's name, or home's.
  const std::string& SenderOf(const WanWay& way) const;
  const std::string& home() const { return home_.name; }

  // Home sends `bytes` now. Equal `content` means equal bytes: a relay gets them once.
  WanFlow Send(MonotonicTime now, const WanWay& way, const std::string& content, uint64_t bytes);
  // The node asks for `bytes` now; its relay answers by itself when it has them.
  WanFlow Fetch(MonotonicTime now, const WanWay& way, const std::string& content, uint64_t bytes);
  // When a message of the node's that leaves now is at home.
  MonotonicTime Return(MonotonicTime now, const WanWay& way, uint64_t bytes) const;
  // What the node needs to reach its relay by TCP and TLS 1.3 before it can say anything.
  Duration Connecting(const WanWay& way) const;

 private:
  struct Sender {
    MonotonicTime free;                           // its uplink, when all that waits has left
    std::map<std::string, MonotonicTime> copies;  // of a relay: when home began to send it
    std::deque<std::string> oldest;               // of them
  };
  // Puts the bytes into the sender's uplink: when those begin to leave that are there at `at`.
  MonotonicTime Enqueue(Sender& sender, MonotonicTime now, MonotonicTime at, uint64_t bytes) const;
  // When home begins to send the relay its copy, or began; `asked` is when home hears of the wish.
  MonotonicTime CopyBegun(Sender& relay, MonotonicTime now, MonotonicTime asked,
                          const std::string& content, uint64_t bytes);
  // To the node, from `at` on at the sender next to it.
  WanFlow::Leg LastLeg(const WanWay& way, MonotonicTime now, MonotonicTime at, uint64_t bytes);

  const std::shared_ptr<const net::LatencyModel> latency_;
  const WanSite home_;
  const std::vector<WanSite> relays_;
  const WanLimits limits_;
  Sender home_sender_;
  std::vector<Sender> relay_senders_;  // as relays_
};

}  // namespace terrella::control
