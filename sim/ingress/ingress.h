// Ingress: one anycast address on loopback that makes the world's distances felt.
//
// Every connection is placed in a city, led to the site that catches it, and delayed in user space
// as the path to that site would delay it (tunnel.h). Each tunnel waits on timers of its own, so
// none blocks another.
//
// Thread: the loop's. Owns: the listener and all tunnels.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "base/event_loop.h"
#include "base/tcp.h"
#include "sim/ingress/tunnel.h"
#include "sim/net/latency_model.h"
#include "sim/net/places.h"
#include "sim/net/prefix_table.h"
#include "terrella/v1/topology.pb.h"

namespace terrella::sim {

// The world as the ingress uses it.
struct IngressWorld {
  std::shared_ptr<const net::Places> places;  // shared with the prefix table
  std::shared_ptr<const net::PrefixTable> prefixes;
  std::shared_ptr<const net::LatencyModel> model;
  std::shared_ptr<const bgp::Internet> internet;  // needed for IngressOptions::anycast
};

struct IngressOptions {
  SocketAddress listen;
  bool share_address = false;  // with other ingresses: the kernel deals the connections out
  net::Place default_place;    // of connections that say nothing of their place
  // How long a withdrawn announcement still attracts connections. An assumption: BGP withdrawals
  // take from a fraction of a second to minutes to be heard everywhere.
  Duration convergence = std::chrono::milliseconds(500);
  // How BGP leads anycast connections, instead of to the nearest site; then the convergence is its
  // own.
  std::optional<bgp::PresetOptions> anycast;
  bgp::LiveOptions live;
  net::Transport transport = net::Transport::kTcp;
  net::LastMileOptions last_mile;
  const Clock* evening = nullptr;  // tells the hour of day; null: last_mile.hour_utc does
  bool jitter = true;
  uint64_t seed = 1;
  size_t connections_max = 16'384;
  TunnelLimits tunnel;
};

class Ingress {
 public:
  static absl::StatusOr<std::unique_ptr<Ingress>> Start(EventLoop& loop, IngressWorld world,
                                                        const IngressOptions& options);
  ~Ingress();
  SocketAddress address() const;
  size_t connections() const { return tunnels_.size(); }
  size_t connections_most() const { return connections_most_; }
  // Delays injected beyond those asked for, ns: of every piece of bytes, from its due moment until
  // it was let through.
  const Histogram& late_ns() const { return late_ns_; }
  // Bytes on their way across the world.
  size_t held_bytes() const { return held_in_all_; }

  void Update(const v1::View& view);
  // Accepts no more; calls `done` when all connections have ended, or after `deadline`.
  void Drain(Duration deadline, std::function<void()> done);

 private:
  Ingress(EventLoop& loop, IngressWorld world, const IngressOptions& options);
  void Accept(std::unique_ptr<TcpConnection> connection);
  void Forget(Tunnel* tunnel);

  EventLoop& loop_;
  const IngressWorld world_;
  const IngressOptions options_;
  PlacerWorld placer_world_;
  Catchment catchment_;
  std::unique_ptr<AnycastRoutes> routes_;
  size_t held_in_all_ = 0;
  size_t connections_most_ = 0;  // at once
  Wakeup wakeup_;
  Histogram late_ns_;
  TunnelContext context_;
  std::unique_ptr<TcpListener> listener_;
  std::unordered_map<Tunnel*, std::unique_ptr<Tunnel>> tunnels_;
  std::vector<std::unique_ptr<Tunnel>> ended_;  // freed when the stack has unwound
  Timer reaper_;
  Timer drain_deadline_;
  std::function<void()> drained_;
  uint64_t next_number_ = 0;
};

}  // namespace terrella::sim
