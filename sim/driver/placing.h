// What a simulated person asks for, and where their connection says it comes from and where it
// wants to go, when it is kept or shared: by its source address and fields of each request. One
// that is used once says more, in a PROXY header (visit.cc).
//
// Pure.
#pragma once

#include "base/tcp.h"
#include "http/client/client.h"
#include "sim/driver/visit.h"
#include "sim/scenario/population.h"

namespace terrella::sim {

// `request`: index into Scenario::requests.
http::ClientRequest RequestOf(const VisitContext& context, const Arrival& arrival, size_t request);

void PlaceBySource(const VisitContext& context, const Arrival& arrival,
                   const SocketAddress& destination, http::ClientRequest& request);

}  // namespace terrella::sim
