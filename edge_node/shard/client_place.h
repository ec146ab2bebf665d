// Client: who is behind a connection and where: told by the forwarder in a PROXY v2 header, else
// assumed to be in the node's own city.
//
// Thread: any; immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "edge_node/runtime/inbound_request.h"
#include "edge_node/shard/serving_state.h"
#include "http/server/server.h"

namespace terrella::edge {

// PROXY v2 TLV type (out of the range for custom use) holding a serialized terrella.v1.ClientPlace.
inline constexpr uint8_t kClientPlaceTlv = 0xE4;

struct Client final : http::ClientNote {
  std::string ip;
  runtime::RequestPlace place;
  // What the ingress added on the way here, as metrics of Server-Timing (W3C); "" when nothing did.
  std::string path_timing;
};

// Found out at a connection's first request, then kept as the connection's note. A TLV that cannot
// be parsed counts as absent.
std::shared_ptr<const Client> ClientOf(const NodeIdentity& node, http::Exchange& exchange);

}  // namespace terrella::edge
