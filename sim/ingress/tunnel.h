// Tunnel: one client's connection and the connection to the node that answers it, with the distance
// between them.
//
//   placing --place known--> dialing --node accepts--> open --both ends done--> closed
//      |                        `--node refuses--> refused (RST after one round trip) --> closed
//      `--bad place, too slow, too long--> answered --> closed
//
// While placing, bytes are kept; later each direction is a DelayLine. The client's kernel has
// completed its handshake with us at once, so the handshake's round trips are charged to the first
// bytes instead, from when the client asked if it says so. Reading from a sender pauses while its
// line is full or its receiver does not drain.
//
// Thread: the loop's. Owns: both sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/histogram.h"
#include "base/random.h"
#include "base/tcp.h"
#include "sim/ingress/anycast_routes.h"
#include "sim/ingress/catchment.h"
#include "sim/ingress/delay_line.h"
#include "sim/ingress/path.h"
#include "sim/ingress/placer.h"
#include "sim/ingress/wakeup.h"

namespace terrella::sim {

struct TunnelLimits {
  Duration place_timeout = std::chrono::seconds(10);
  // A client may say that it has asked for its connection so long before we had it, not longer.
  Duration asked_before_max = std::chrono::milliseconds(100);
  size_t held_bytes_max = 512 * 1024;      // per direction
  size_t receiver_bytes_max = 256 * 1024;  // not taken by a receiver yet
  // In all tunnels together; beyond it each direction makes do with a read or two.
  size_t held_in_all_bytes_max = 256 * 1024 * 1024;
  size_t held_bytes_when_short = 16 * 1024;
  PlacerLimits placer;
};

// What all tunnels of an ingress share; outlives them.
struct TunnelContext {
  EventLoop& loop;
  PathSettings path;
  const PlacerWorld& world;
  Catchment& catchment;
  AnycastRoutes* routes = nullptr;  // null: anycast leads to the nearest site
  IpAddress anycast;                // PROXY destination that means "the nearest"
  TunnelLimits limits;
  size_t* held_in_all = nullptr;  // bytes in all delay lines
  Wakeup* wakeup = nullptr;       // of the loop's timers
  Histogram* late_ns = nullptr;   // how long after its due moment each piece was let through
};

class Tunnel {
 public:
  // `number` names the connection's random stream; `on_closed` is called once, last of all, and may
  // destroy the tunnel later (not at once).
  Tunnel(const TunnelContext& context, std::unique_ptr<TcpConnection> client, uint64_t number,
         std::function<void(Tunnel*)> on_closed);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

 private:
  // One end: a socket, and the line that what it sends travels on.
  struct Side final : TcpConnection::Observer {
    Side(Tunnel& tunnel_in, EventLoop& loop, bool is_client_in)
        : tunnel(tunnel_in), is_client(is_client_in), due(loop, [this] { tunnel.OnDue(*this); }) {}
    void OnRead(std::string_view bytes) override { tunnel.OnRead(*this, bytes); }
    void OnReadEof() override { tunnel.OnEnd(*this, DelayLine::End::kFin); }
    void OnWriteDrained() override { tunnel.Deliver(tunnel.Other(*this)); }
    void OnError(const absl::Status&) override { tunnel.OnError(*this); }

    Tunnel& tunnel;
    const bool is_client;
    std::unique_ptr<TcpConnection> socket;  // null when not connected yet, or gone
    std::unique_ptr<DelayLine> line;        // of what this side sends
    Timer due;                              // when the line's next piece arrives at the other side
    MonotonicTime due_at{}, wake_at{};      // that moment; when the timer was set to for it
    bool connected = false;
  };

  Side& Other(Side& side) { return &side == &client_ ? node_ : client_; }
  void OnRead(Side& from, std::string_view bytes);
  void OnEnd(Side& from, DelayLine::End end);
  void OnError(Side& from);
  void Place(std::string_view bytes);
  Reach ChooseSite(const Placement& placement, Refusal* refusal) const;
  void Open(const Placement& placement, const Reach& reach);
  void Dial(const Placement& placement, const Site& site, const Path& path);
  void OnDialed(const absl::Status& status, const std::string& proxy_header);
  void OnDue(Side& from);
  // Hands over what has arrived from `from`, then waits for the next piece.
  void Deliver(Side& from);
  void DeliverEnd(Side& from, DelayLine::End end);
  void UpdateReading(Side& from);
  // Answers the client ourselves and closes.
  void Answer(const Refusal& refusal);
  void Close();

  const TunnelContext& context_;
  const uint64_t number_;
  std::function<void(Tunnel*)> on_closed_;
  const MonotonicTime accepted_at_;
  std::unique_ptr<Placer> placer_;  // while placing
  Timer timer_;                     // limit on placing; then the refusal's moment
  MonotonicTime refuse_at_{};       // when a client learns that its node refused
  Side client_, node_;
  bool closed_ = false;
};

}  // namespace terrella::sim
