// What a simulated person asks for, and where their connection says it comes from and where it
// wants to go: one that a city's people share by its source address and fields of each request, one
// that is a person's own by a PROXY header, which says more.
//
// Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/tcp.h"
#include "http/client/client.h"
#include "sim/driver/visit.h"
#include "sim/scenario/population.h"

namespace terrella::sim {

// `request`: index into Scenario::requests.
http::ClientRequest RequestOf(const VisitContext& context, const Arrival& arrival, size_t request);

// `port` names the connection, with the person's address; `asked_at` is when they asked for it,
// however late we are.
absl::StatusOr<std::string> ProxyHeaderOf(const VisitContext& context, const Arrival& arrival,
                                          const SocketAddress& destination, uint16_t port,
                                          MonotonicTime asked_at);

void PlaceBySource(const VisitContext& context, const Arrival& arrival,
                   const SocketAddress& destination, http::ClientRequest& request);

}  // namespace terrella::sim
