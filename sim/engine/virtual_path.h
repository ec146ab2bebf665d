// What a connection goes through, and when a request's bytes are at a node and an answer's back at
// its client: the draws that the live ingress makes for the same connection, without bytes.
//
// Pure.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "sim/engine/virtual_world.h"
#include "sim/ingress/path.h"

namespace terrella::sim {

constexpr size_t kRequestBytes = 100;  // one segment, whatever it says

// Of a connection that somebody of a city asks for at `begin`, led as `route` says; its handshake
// is not drawn.
Path PathTo(const VirtualWorld& world, size_t city, const Beliefs::Route& route,
            const Distance& distance, const net::LastMile& mile, Duration begin, uint64_t flow);
// Of a request on a connection that was begun at `begin` and drawn as `path`, since the start.
Duration RequestArrives(const PathSettings& settings, const Path& path, Duration begin);
// Of an answer's last byte that leaves at `answered`. Only the path's round trip, deviation, losses
// and flow count.
Duration AnswerArrives(const PathSettings& settings, const Path& path, Duration answered,
                       size_t bytes);

}  // namespace terrella::sim
