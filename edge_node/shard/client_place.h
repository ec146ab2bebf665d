// Where the client behind a connection is: told by the forwarder in a PROXY v2 header, else assumed
// to be in the node's own city.
//
// Thread: any; pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "edge_node/runtime/inbound_request.h"
#include "edge_node/shard/serving_state.h"
#include "http/proxy_protocol.h"

namespace terrella::edge {

// PROXY v2 TLV type (out of the range for custom use) holding a serialized terrella.v1.ClientPlace.
inline constexpr uint8_t kClientPlaceTlv = 0xE4;

// A client in the node's own city, at no distance.
runtime::RequestPlace LocalPlace(const NodeIdentity& node);
// `proxy` may be null. A TLV that cannot be parsed counts as absent.
runtime::RequestPlace PlaceOfClient(const NodeIdentity& node, const http::ProxyInfo* proxy);

}  // namespace terrella::edge
