// What a question to a distant server costs beside the way there and back: nodes wait for it, and
// the virtual ones of sim/engine.
//
// Pure.
#pragma once

#include "base/clock.h"

namespace terrella::edge {

// A new connection has its handshake first, a whole round trip; so has one that becomes a
// WebSocket.
constexpr Duration ExtraOfNewConnection(Duration rtt) {
  return rtt;
}
// That nobody listens there, or does no more, is known only after this.
constexpr Duration ExtraOfFailure(Duration rtt) {
  return rtt / 2;
}

}  // namespace terrella::edge
