// VirtualCity: the people of one city and their provider's resolver, in virtual time: from the
// moment a request is due until its last byte is at a node.
//
// A connection goes through the handshake, the window and the losses that the
// live ingress would draw for it. With kept connections the city has a pool for every PoP; how long
// one is in use is taken as the round trip and the worker's time, so a queue at the node does not
// make more of them.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/city_keys.h"
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
  struct Pool {
    uint16_t pop = 0;
    Steering steering = Steering::kDns;
    uint16_t boots = 0;             // of the node's process that they lead to
    std::vector<Duration> free_at;  // of its connections
  };
  // Whether somebody of the city does.
  static bool SpeaksHttp2(const VirtualWorld& world, size_t index);
  // Whether a connection to the PoP is free; it is then in use until `until`, as a new one is.
  bool TakeKept(const VirtualVisit& visit, Duration now, Duration until);
  void Send(const Arrival& arrival, Duration begin, Path& path, VirtualVisit& out);

  const VirtualWorld& world_;
  const size_t index_;
  const bool speaks_http2_;
  Ways ways_;
  const CityKeys keys_;
  VirtualResolver resolver_;
  std::vector<Pool> pools_;
};

}  // namespace terrella::sim
