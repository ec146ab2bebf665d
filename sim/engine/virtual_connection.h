// VirtualConnection: a connection between a person and a node that is used more than once, in
// virtual time: its handshake, and what the two lines of the live ingress
// (sim/ingress/delay_line.h) would make of its bytes, without bytes.
//
// Windows, losses and jitter go on from one message to the next; messages of one direction share
// them, in the order in which they are handed over.
//
// Thread: one at a time. Owns: nothing; it borrows the settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "sim/ingress/line_timing.h"
#include "sim/ingress/path.h"

namespace terrella::sim {

class VirtualConnection {
 public:
  // Asked for at `begin`, since the start, to a node; its handshake was drawn.
  VirtualConnection(const PathSettings& settings, const Path& path, uint16_t pop, Duration begin);

  uint16_t pop() const { return pop_; }
  // When each of some requests of so many bytes, handed over together at `now`, is at the node with
  // its last byte. `now` never goes back.
  void Request(Duration now, size_t bytes_each, std::span<Duration> arrives);
  // When an answer's last byte is at the person. `now`, when it leaves, never goes back.
  Duration Answer(Duration now, size_t bytes);

 private:
  uint16_t pop_;
  WayJitter up_jitter_, down_jitter_;
  LineTiming up_, down_;
};

}  // namespace terrella::sim
