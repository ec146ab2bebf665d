// VirtualCity: the people of one city and their provider's resolver, in virtual time: from the
// moment a request is due until its last byte is at a node.
//
// A connection goes through the handshake, the window and the losses that the
// live ingress would draw for it. With kept connections the city has a pool for every PoP: of
// HTTP/1.1 as many as are in use at once, of HTTP/2 one. How long one is in use is taken from the
// worker's median time and what the lines make of its answer, so a queue at the node does not make
// more of them.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/engine/city_keys.h"
#include "sim/engine/virtual_connection.h"
#include "sim/engine/virtual_resolver.h"
#include "sim/engine/virtual_world.h"
#include "sim/engine/visit.h"
#include "sim/ingress/path.h"
#include "sim/scenario/population.h"
#include "sim/scenario/results.h"

namespace terrella::sim {

class VirtualCity {
 public:
  VirtualCity(const VirtualWorld& world, size_t index)
      : world_(world),
        index_(index),
        speaks_http2_(SpeaksHttp2(world, index)),
        ways_(world.audience, index),
        keys_(world.audience.PlaceAt(index).city),
        resolver_(world, index) {}

  // In the order of time. Where the request goes, or why it ends before it reaches a node.
  Failure Begin(const Arrival& arrival, VirtualVisit* out);

 private:
  // A connection that is kept.
  struct Kept {
    Duration used_until{};  // in use until then; with HTTP/2 by the last to begin
    uint64_t flow = 0;
    std::unique_ptr<VirtualConnection> lines;
  };
  // Those to one PoP.
  struct Pool {
    uint16_t pop = 0;
    Steering steering = Steering::kDns;
    Protocol protocol = Protocol::kHttp1;
    uint16_t boots = 0;  // of the node's process that they lead to
    std::vector<Kept> connections;
  };
  // Whether somebody of the city does.
  static bool SpeaksHttp2(const VirtualWorld& world, size_t index);
  Pool& PoolOf(const VirtualVisit& visit, Duration now);
  // By a connection that is free, or by a new one.
  void SendByKept(const Arrival& arrival, Duration begin, Path& path, VirtualVisit& out);
  void Send(const Arrival& arrival, Duration begin, Path& path, VirtualVisit& out);

  const VirtualWorld& world_;
  const size_t index_;
  const bool speaks_http2_;
  Ways ways_;
  const CityKeys keys_;
  VirtualResolver resolver_;
  std::vector<Pool> pools_;
  uint64_t kept_made_ = 0;
};

}  // namespace terrella::sim
