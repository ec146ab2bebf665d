// When a request's bytes are at a node, and an answer's back at its client: the draws that the live
// ingress makes for the same connection, without bytes.
//
// Pure.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "sim/ingress/path.h"

namespace terrella::sim {

constexpr size_t kRequestBytes = 100;  // one segment, whatever it says

// Of a request on a connection that was begun at `begin` and drawn as `path`, since the start.
Duration RequestArrives(const PathSettings& settings, const Path& path, Duration begin);
// Of an answer's last byte that leaves at `answered`. Only the path's round trip, deviation, losses
// and flow count.
Duration AnswerArrives(const PathSettings& settings, const Path& path, Duration answered,
                       size_t bytes);

}  // namespace terrella::sim
